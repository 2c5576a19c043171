import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const engine = await nodeEngine({ provider: "cpu", threads: 1 });

/** Inputs rather than constants, so that nothing is folded before it runs. */
const feeds: Record<string, readonly number[]> = {};
function given(
  values: readonly number[],
  shape: g.Shape = [values.length],
  dtype: g.DType = "float32",
): g.Tensor {
  const name = `${dtype}[${shape}] ${values}`;
  feeds[name] = values;
  return g.input(name, shape, dtype);
}

async function computed(tensor: g.Tensor): Promise<number[]> {
  return Array.from((await evaluate(engine, { tensor }, feeds)).tensor);
}

async function gradientOf(output: g.Tensor, x: g.Tensor): Promise<number[]> {
  return computed(g.gradients(output, [x])[0]);
}

const x = given([-2.5, -1, -0.5, 0, 0.5, 1.5, 2]);
const xs = [-2.5, -1, -0.5, 0, 0.5, 1.5, 2];
const p = given([0.25, 1, 4]);
const ps = [0.25, 1, 4];
const m = given([1, 2, 3, 4, 5, 6], [2, 3]);
const square = given([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3]);

const values: [what: string, tensor: g.Tensor, expected: number[]][] = [
  ["add", g.add(m, given([10, 20], [2, 1])), [11, 12, 13, 24, 25, 26]],
  ["add of integers", g.add(given([1, 2], [2], "int64"), 3), [4, 5]],
  ["sub", g.sub(1, x), xs.map((v) => 1 - v)],
  ["mul", g.mul(m, m), [1, 4, 9, 16, 25, 36]],
  ["div", g.div(m, 2), [0.5, 1, 1.5, 2, 2.5, 3]],
  ["pow", g.pow(p, 1.5), ps.map((v) => v ** 1.5)],
  ["maximum", g.maximum(x, 0.25), xs.map((v) => Math.max(v, 0.25))],
  ["minimum", g.minimum(x, 0.25), xs.map((v) => Math.min(v, 0.25))],
  ["clip", g.clip(x, -1, 1.25), [-1, -1, -0.5, 0, 0.5, 1.25, 1.25]],
  ["neg", g.neg(x), xs.map((v) => 0 - v)],
  ["exp", g.exp(x), xs.map(Math.exp)],
  ["log", g.log(p), ps.map(Math.log)],
  ["sqrt", g.sqrt(p), [0.5, 1, 2]],
  ["abs", g.abs(x), xs.map(Math.abs)],
  ["sigmoid", g.sigmoid(x), xs.map((v) => 1 / (1 + Math.exp(-v)))],
  ["tanh", g.tanh(x), xs.map(Math.tanh)],
  ["erf", g.erf(given([-1, 0, 0.5])), [-0.8427008, 0, 0.5204999]],
  ["sin", g.sin(x), xs.map(Math.sin)],
  ["cos", g.cos(x), xs.map(Math.cos)],
  ["softplus", g.softplus(x), xs.map((v) => Math.log1p(Math.exp(v)))],
  ["relu", g.relu(x), xs.map((v) => Math.max(v, 0))],
  ["floor", g.floor(x), xs.map(Math.floor)],
  ["round, halves to even", g.round(x), [-2, -1, 0, 0, 0, 2, 2]],
  ["sign", g.sign(x), [-1, -1, -1, 0, 1, 1, 1]],
  ["square", g.square(x), xs.map((v) => v * v)],
  ["detach", g.detach(x), xs],
  ["greater", g.greater(x, 0.5), [0, 0, 0, 0, 0, 1, 1]],
  ["greaterOrEqual", g.greaterOrEqual(x, 0.5), [0, 0, 0, 0, 1, 1, 1]],
  ["less", g.less(x, -0.5), [1, 1, 0, 0, 0, 0, 0]],
  ["lessOrEqual", g.lessOrEqual(x, -0.5), [1, 1, 1, 0, 0, 0, 0]],
  ["equal of integers", g.equal(given([1, 2, 3], [3], "int64"), 2), [0, 1, 0]],
  [
    "logic",
    g.logicalOr(g.logicalAnd(g.greater(x, 0), g.less(x, 1)), g.logicalNot(g.less(x, 2))),
    [0, 0, 0, 0, 1, 0, 1],
  ],
  ["where", g.where(g.greater(x, 0), x, -9), [-9, -9, -9, -9, 0.5, 1.5, 2]],
  ["cast to int32", g.cast(given([1.7, -1.7]), "int32"), [1, -1]],
  ["reduceSum", g.reduceSum(m, { axes: [-1] }), [6, 15]],
  ["reduceSum over no axes", g.reduceSum(m, { axes: [] }), [1, 2, 3, 4, 5, 6]],
  ["reduceMean", g.reduceMean(m, { axes: [0], keepDims: true }), [2.5, 3.5, 4.5]],
  ["reduceMax", g.reduceMax(m), [6]],
  ["reduceMin", g.reduceMin(m, { axes: [1] }), [1, 4]],
  ["reshape", g.reshape(m, [3, -1]), [1, 2, 3, 4, 5, 6]],
  ["transpose", g.transpose(m, [1, 0]), [1, 4, 2, 5, 3, 6]],
  ["expand", g.expand(given([1, 2], [2, 1]), [2, 3]), [1, 1, 1, 2, 2, 2]],
  ["slice", g.slice(m, { axes: [1], starts: [0], ends: [3], steps: [2] }), [1, 3, 4, 6]],
  ["slice from the end", g.slice(m, { axes: [1], starts: [-2], ends: [-1] }), [2, 5]],
  ["pad", g.pad(given([1, 2]), [1], [2], 7), [7, 1, 2, 7, 7]],
  ["concat", g.concat([m, given([7, 8], [2, 1])], -1), [1, 2, 3, 7, 4, 5, 6, 8]],
  ["stack", g.stack([given([1, 2]), given([3, 4])], 1), [1, 3, 2, 4]],
  ["oneHot", g.oneHot(given([2, 0, 255], [1, 1, 3]), 3), [0, 1, 0, 0, 0, 0, 1, 0, 0]],
  ["matmul", g.matmul(m, given([1, 0, 2, 1, 0, 3], [3, 2])), [5, 11, 14, 23]],
  ["swapLast", g.swapLast(m), [1, 4, 2, 5, 3, 6]],
  ["conv2d", g.conv2d(square, given([1, 2, 0, -1], [1, 1, 2, 2])), [0, 2, 6, 8]],
  [
    "convTranspose2d",
    g.convTranspose2d(given([1, 2], [1, 1, 1, 2]), given([1, 2, 3, 4], [1, 1, 2, 2])),
    [1, 4, 4, 3, 10, 8],
  ],
  ["channelSum", g.channelSum(given([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2])), [14, 22]],
  ["channelDot", g.channelDot(given([1, 2, 3, 4], [1, 2, 2]), given([1, 1, 2, 2], [1, 2, 2])), [3, 14]],
  [
    "channelAffine",
    g.channelAffine(given([1, 2, 3, 4], [1, 2, 2]), given([2, 3]), given([1, 0])),
    [3, 5, 9, 12],
  ],
  ["softmax of equal logits", g.softmax(given([5, 5, 5, 5], [1, 4]), 1), [0.25, 0.25, 0.25, 0.25]],
  ["logSoftmax of large logits", g.logSoftmax(given([1000, 0], [1, 2]), 1), [0, -1000]],
  ["maxPool2d", g.maxPool2d(square, { kernel: 2, stride: 1 }).output, [5, 6, 8, 9]],
  ["averagePool2d", g.averagePool2d(square, { kernel: 2, stride: 1 }), [3, 4, 6, 7]],
  ["globalAveragePool2d", g.globalAveragePool2d(square), [5]],
  ["globalMaxPool2d", g.globalMaxPool2d(square), [9]],
  ["resizeNearest", g.resizeNearest(given([1, 2], [1, 1, 1, 2]), [2, 4]), [1, 1, 2, 2, 1, 1, 2, 2]],
  [
    "resizeBilinear",
    g.resizeBilinear(given([0, 3], [1, 1, 1, 2]), [1, 4], { alignCorners: true }),
    [0, 1, 2, 3],
  ],
  ["gather", g.gather(m, given([2, 0], [2], "int64"), 1), [3, 1, 6, 4]],
  ["gatherElements", g.gatherElements(m, given([2, 0], [2, 1], "int64"), 1), [3, 4]],
  [
    "scatterAdd",
    g.scatterAdd(m, given([1, 1], [1, 2], "int64"), given([10, 20], [1, 2]), 0),
    [1, 2, 3, 14, 25, 6],
  ],
  ["gridSample", g.gridSample(square, given([0, 0, -1, -1], [1, 1, 2, 2]), { alignCorners: true }), [5, 1]],
  ["l2Normalise", g.l2Normalise(given([3, 4, 0, 0], [2, 2]), 1), [0.6, 0.8, 0, 0]],
  ["dropout", g.dropout(m, given([1, 0, 1], [3]), 0.5), [2, 0, 6, 8, 0, 12]],
];

describe("values", () => {
  for (const [what, tensor, expected] of values) {
    it(what, async () => {
      const got = await computed(tensor);
      expect(got).toHaveLength(expected.length);
      got.forEach((value, i) => {
        expect(value, `entry ${i}`).toBeCloseTo(expected[i], 5);
      });
    });
  }
});

describe("gradients where a function has a kink", () => {
  const ties = given([1, 1, 0], [3]);
  const cases: [what: string, output: g.Tensor, of: g.Tensor, expected: number[]][] = [
    ["relu and abs have none at zero", g.add(g.relu(x), g.abs(x)), x, [-1, -1, -1, 0, 2, 2, 2]],
    ["clip keeps it on the limits", g.clip(x, -1, 1.5), x, [0, 1, 1, 1, 1, 1, 0]],
    ["maximum sends it to the first of equals", g.maximum(ties, given([1, 0, 0.5])), ties, [1, 1, 0]],
    ["minimum sends it to the first of equals", g.minimum(ties, given([1, 0, 0.5])), ties, [1, 0, 1]],
    ["reduceMax shares it among equals", g.reduceMax(ties), ties, [0.5, 0.5, 0]],
    ["detach stops it", g.mul(g.detach(x), x), x, xs],
    ["comparisons and casts have none", g.cast(g.greater(x, 0), "float32"), x, xs.map(() => 0)],
  ];
  for (const [what, output, of, expected] of cases) {
    it(what, async () => {
      expect(await gradientOf(output, of)).toEqual(expected);
    });
  }

  it("l2Normalise's is finite at zero", async () => {
    const zero = given([0, 0], [1, 2]);
    for (const value of await gradientOf(g.l2Normalise(zero, 1), zero))
      expect(value).toSatisfy(Number.isFinite);
  });
});

describe("max pooling", () => {
  it("gives the gradient to the first of equal maxima, row by row", async () => {
    const flat = given(new Array(16).fill(0), [1, 1, 4, 4]);
    const { output } = g.maxPool2d(flat, { kernel: 2 });
    expect(await gradientOf(output, flat)).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
  });

  it("never chooses padding, also where all values are very negative", async () => {
    const low = given(new Array(9).fill(-1e30), [1, 1, 3, 3]);
    const { output } = g.maxPool2d(low, { kernel: 3, stride: 2, padding: 1 });
    expect(await computed(output)).toEqual(new Array(4).fill(Math.fround(-1e30)));
    expect((await gradientOf(output, low)).reduce((a, b) => a + b)).toBe(4);
  });

  it("adds up the gradient of a maximum that two windows share, and unpooling adds likewise", async () => {
    const peak = given([0, 0, 0, 0, 9, 0, 0, 0, 0], [1, 1, 3, 3]);
    const { output, indices } = g.maxPool2d(peak, { kernel: 2, stride: 1 });
    expect(await gradientOf(output, peak)).toEqual([0, 0, 0, 0, 4, 0, 0, 0, 0]);
    expect(await computed(g.maxUnpool2d(output, indices))).toEqual([0, 0, 0, 0, 36, 0, 0, 0, 0]);
  });
});

it("batch normalisation keeps its digits where the mean is 1000 deviations away", async () => {
  const deviations = [-1, 1, -1, 1, 0.5, -0.5];
  const far = given(
    deviations.map((value) => 1000 + value),
    [6, 1],
  );
  const variance = deviations.reduce((sum, value) => sum + value * value, 0) / 6;
  const { output } = g.batchNormTraining(far, given([1]), given([0]));
  const got = await computed(output);
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(deviations[i] / Math.sqrt(variance + 1e-5), 3);
  });
});

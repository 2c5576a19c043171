import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { fixedParts, foldAffine, substitute } from "../../src/graph/fold.js";
import * as g from "../../src/graph/index.js";
import { topologicalOrder } from "../../src/graph/lowering.js";
import { isLeaf } from "../../src/graph/ops/leaf.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const x = g.input("x", [2, 4, 5, 6]);
const filters = (groups: number) => g.input(`filters ${groups}`, [6, 4 / groups, 3, 3]);
const [scale, shift, bias] = ["scale", "shift", "bias"].map((name) => g.input(name, [6]));
const conv = (options: Parameters<typeof g.conv2d>[2] & { groups?: number } = {}) =>
  g.conv2d(x, filters(options.groups ?? 1), { padding: 1, ...options });

const operators = (tensor: g.Tensor) => topologicalOrder([tensor]).map(({ op }) => op.name);

const folded: [what: string, tensor: g.Tensor][] = [
  ["a convolution without bias", g.channelAffine(conv(), scale, shift)],
  ["one with bias", g.channelAffine(conv({ bias }), scale, shift)],
  ["one of groups, with steps", g.channelAffine(conv({ bias, groups: 2, stride: 2 }), scale, shift)],
  [
    "batch normalisation",
    g.relu(g.batchNormInference(conv({ bias }), scale, shift, bias, g.mul(bias, bias))),
  ],
  ["two maps", g.channelAffine(g.channelAffine(conv(), scale, shift), bias, shift)],
];

describe("folding an affine map of channels", () => {
  it.each(folded)("behind %s leaves it equal", async (_, tensor) => {
    const [result] = foldAffine([tensor]);
    expect(operators(result)).not.toContain("ChannelAffine");
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const random = new Random(3, "fold");
    const feeds = Object.fromEntries(
      topologicalOrder([tensor])
        .filter(isLeaf)
        .map(({ outputs: [{ shape }], attributes }) => [
          attributes.name as string,
          Float32Array.from({ length: g.sizeOf(shape) }, () => random.normal()),
        ]),
    );
    const values = await evaluate(engine, { result, tensor }, feeds);
    const largest = Math.max(...values.tensor.map(Math.abs));
    expect(largest).toBeGreaterThan(0.1);
    const errors = values.tensor.map((value, i) => Math.abs(value - values.result[i]));
    expect(Math.max(...errors)).toBeLessThanOrEqual(1e-5 * largest);
  });

  it("leaves a convolution that is read twice", () => {
    const convolved = conv();
    const [result] = foldAffine([g.add(g.channelAffine(convolved, scale, shift), convolved)]);
    expect(operators(result)).toContain("ChannelAffine");
  });

  it("takes in the map behind a convolution alone, not the one before", () => {
    const before = g.conv2d(g.channelAffine(x, g.input("s", [4]), g.input("t", [4])), filters(1), {
      padding: 1,
    });
    expect(foldAffine([before])[0]).toBe(before);
  });
});

describe("the parts that are fixed", () => {
  const weights = new Set(["scale", "shift", "bias"]);
  const sum = g.add(scale, shift);

  it("are the largest that depend on weights alone", () => {
    const product = g.mul(sum, bias);
    const result = g.channelAffine(g.input("y", [1, 6, 2, 2]), product, shift);
    expect(fixedParts([result], weights)).toEqual([product]);
    expect(fixedParts([result], new Set(["scale", "shift"]))).toEqual([sum]);
    const leaf = g.input("product", [6]);
    const [replaced] = substitute([result], new Map([[product, leaf]]));
    expect(replaced.node.inputs[1]).toBe(leaf);
  });

  it("are not what takes much more room than it is made of", () => {
    const wide = g.channelExpand(sum, [1, 6, 60, 60]);
    expect(fixedParts([g.mul(wide, g.input("z", [1, 6, 60, 60]))], weights)).toEqual([sum]);
  });
});

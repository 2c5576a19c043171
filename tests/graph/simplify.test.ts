import { describe, expect, it } from "vitest";
import * as g from "../../src/graph/index.js";
import { topologicalOrder } from "../../src/graph/lowering.js";
import { simplify } from "../../src/graph/simplify.js";
import { rules } from "../../src/graph/simplify-rules.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { disagreements } from "../helpers/agreement.js";

const x = g.input("x", [1, 2, 4, 4]);
const y = g.input("y", [1, 2, 4, 4]);
const w = g.input("w", [3, 2, 3, 3]);
const v = g.input("v", [2]);
const [a, b, strided] = [
  [4, 4],
  [4, 4],
  [2, 2],
].map((size, i) => g.input(`cotangent ${i}`, [1, 3, ...size]));

/** The input's and the filter's gradient of a convolution with the given cotangent. */
function backward(image: g.Tensor, cotangent: g.Tensor, stride = 1): { dx: g.Tensor; dw: g.Tensor } {
  const [dx, dw] = g.gradients(g.conv2d(image, w, { padding: 1, stride }), [image, w], cotangent);
  return { dx, dw };
}

function operators(...outputs: Parameters<typeof simplify>[0]): string[] {
  return topologicalOrder(simplify(outputs))
    .map((node) => node.op.name)
    .filter((name) => name !== "Input");
}

const affine = g.channelAffine(x, v, g.mul(v, v));
const expanded = g.channelExpand(v, x.shape);
const square = g.mul(x, x);

/** A block of x, zeros around it. */
function block(image: g.Tensor, axis: number, from: number, to: number): g.Tensor {
  const part = g.slice(image, { axes: [axis], starts: [from], ends: [to] });
  const beside = (count: number) => image.shape.map((_, i) => (i === axis ? count : 0));
  return g.pad(part, beside(from), beside(image.shape[axis] - to));
}

/** What is rewritten, the tensor, and the operators that are left of it beside inputs. */
const rewritten: [what: string, tensor: g.Tensor, left: string[]][] = [
  ["detach", g.detach(square), ["Mul"]],
  ["x + 0", g.add(square, 0), ["Mul"]],
  ["0 + x", g.add(0, square), ["Mul"]],
  ["2 + 3", g.add(g.filled(2), g.filled(3)), ["Constant"]],
  ["2 + 3 of rank 2", g.add(g.filled(2, 2), g.filled(3, 1)), ["Constant"]],
  ["x - 0", g.sub(square, 0), ["Mul"]],
  ["2 - 3", g.sub(g.filled(2), g.filled(3)), ["Constant"]],
  ["x 1", g.mul(square, 1), ["Mul"]],
  ["1 x", g.mul(1, square), ["Mul"]],
  ["2 3", g.mul(g.filled(2), g.filled(3)), ["Constant"]],
  ["(x 2) 3", g.mul(g.mul(x, 2), 3), ["Constant", "Mul"]],
  ["x / 1", g.div(square, 1), ["Mul"]],
  ["2 / 3", g.div(g.filled(2), g.filled(3)), ["Constant"]],
  ["-(-x)", g.neg(g.neg(square)), ["Mul"]],
  ["-(x - y)", g.neg(g.sub(x, y)), ["Sub"]],
  ["a reshaped constant", g.mul(g.reshape(g.constant([1, 2], [2]), [2, 1, 1]), x), ["Constant", "Mul"]],
  ["two reshapes", g.reshape(g.reshape(x, [8, 4]), [4, 8]), ["Reshape"]],
  ["two reshapes and back", g.reshape(g.reshape(square, [2, 16]), square.shape), ["Mul"]],
  ["two transposes", g.transpose(g.transpose(x, [1, 2, 0, 3]), [0, 3, 1, 2]), ["Transpose"]],
  ["two transposes and back", g.transpose(g.transpose(square, [1, 0, 3, 2]), [1, 0, 3, 2]), ["Mul"]],
  ["affine(x) + expand(v)", g.add(affine, expanded), ["Mul", "Add", "ChannelAffine"]],
  ["expand(v) + affine(x)", g.add(expanded, affine), ["Mul", "Add", "ChannelAffine"]],
  ["(affine(x) + y) + expand(v)", g.add(g.add(affine, y), expanded), ["Mul", "Add", "ChannelAffine", "Add"]],
  ["(y + affine(x)) + expand(v)", g.add(g.add(y, affine), expanded), ["Mul", "Add", "ChannelAffine", "Add"]],
  [
    "filter gradients of one image",
    g.add(backward(x, a).dw, backward(g.detach(x), b).dw),
    ["Add", "Conv2dFilterGrad"],
  ],
  [
    "filter gradients of one cotangent",
    g.add(backward(x, a).dw, backward(y, a).dw),
    ["Add", "Conv2dFilterGrad"],
  ],
  ["input gradients of one filter", g.add(backward(x, a).dx, backward(y, b).dx), ["Add", "Conv2dInputGrad"]],
  [
    "terms of a longer sum",
    g.add(g.add(backward(x, a).dw, w), backward(x, b).dw),
    ["Add", "Conv2dFilterGrad", "Add"],
  ],
  [
    "blocks that meet",
    g.add(block(square, 3, 0, 1), block(y, 3, 1, 3)),
    ["Mul", "Slice", "Slice", "Concat", "Pad"],
  ],
  [
    "blocks of the whole, in any order",
    g.add(g.add(block(x, 2, 3, 4), block(y, 2, 0, 1)), block(x, 2, 1, 3)),
    ["Slice", "Slice", "Slice", "Concat"],
  ],
];

/** What looks like one of the above and must stay as it is. */
const kept: [what: string, tensor: g.Tensor, left: string[]][] = [
  ["a sum with zeros that broadcasts", g.add(v, g.constant([0, 0], [2, 1])), ["Constant", "Add"]],
  ["a product with ones that broadcasts", g.mul(v, g.constant([1, 1], [2, 1])), ["Constant", "Mul"]],
  ["a difference from zeros that broadcasts", g.sub(v, g.constant([0, 0], [2, 1])), ["Constant", "Sub"]],
  ["a quotient by ones that broadcasts", g.div(v, g.constant([1, 1], [2, 1])), ["Constant", "Div"]],
  ["0 - x", g.sub(0, x), ["Constant", "Sub"]],
  ["1 / x", g.div(1, g.add(g.mul(x, x), 1)), ["Constant", "Mul", "Add", "Div"]],
  [
    "a product with numbers that differ",
    g.mul(g.mul(x, g.constant([2, 3], [2, 1, 1])), 3),
    ["Constant", "Mul", "Constant", "Mul"],
  ],
  [
    "filter gradients of two strides",
    g.add(backward(x, a).dw, backward(x, strided, 2).dw),
    ["Conv2dFilterGrad", "Conv2dFilterGrad", "Add"],
  ],
  [
    "input gradients of two strides",
    g.add(backward(x, a).dx, backward(x, strided, 2).dx),
    ["Conv2dInputGrad", "Conv2dInputGrad", "Add"],
  ],
  [
    "filter gradients that share nothing",
    g.add(backward(x, a).dw, backward(y, b).dw),
    ["Conv2dFilterGrad", "Conv2dFilterGrad", "Add"],
  ],
  [
    "blocks that overlap",
    g.add(block(x, 3, 0, 2), block(y, 3, 1, 3)),
    ["Slice", "Pad", "Slice", "Pad", "Add"],
  ],
  [
    "blocks of two axes",
    g.add(block(x, 3, 0, 2), block(y, 2, 2, 4)),
    ["Slice", "Pad", "Slice", "Pad", "Add"],
  ],
  ["blocks that broadcast", g.add(block(x, 2, 0, 2), g.pad(v, [0], [2])), ["Slice", "Pad", "Pad", "Add"]],
];

describe("a graph is rewritten without a change of its values:", async () => {
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const leaves = [x, y, w, v, a, b, strided];
  const feeds = Object.fromEntries(
    leaves.map(({ node, shape }, k) => [
      node.attributes.name as string,
      Float32Array.from({ length: g.sizeOf(shape) }, (_, i) => Math.sin(1.3 * i + k)),
    ]),
  );

  it.each(rewritten)("%s", async (_, tensor, left) => {
    expect(operators(tensor)).toEqual(left);
    expect(await disagreements(engine, { tensor }, feeds, 1e-6)).toEqual([]);
  });

  it.each(kept)("not %s", async (_, tensor, left) => {
    expect(operators(tensor).sort()).toEqual(left.sort());
    expect(await disagreements(engine, { tensor }, feeds, 1e-6)).toEqual([]);
  });
});

it("every rule is among those", () => {
  const tops = new Set(rewritten.map(([, { node }]) => node.op.name));
  expect(Object.keys(rules).filter((name) => !tops.has(name))).toEqual([]);
});

it("computes a common subexpression once, also across detach", () => {
  const convolved = [x, g.detach(x)].map((image) => g.conv2d(image, w, { padding: 1 }));
  expect(operators(g.add(convolved[0], convolved[1]))).toEqual(["Conv2d", "Add"]);
});

it("keeps a value that others use beside a sum it could be merged into", () => {
  const { dw } = backward(x, a);
  const sum = g.add(dw, backward(x, b).dw);
  expect(operators(sum, g.neg(dw))).toEqual(["Conv2dFilterGrad", "Conv2dFilterGrad", "Add", "Neg"]);
});

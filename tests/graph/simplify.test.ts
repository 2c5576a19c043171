import { expect, it } from "vitest";
import {
  add,
  constant,
  conv2d,
  detach,
  gradients,
  input,
  mul,
  neg,
  reduceSum,
  reshape,
  transpose,
} from "../../src/graph/index.js";
import { topologicalOrder } from "../../src/graph/lowering.js";
import { simplify } from "../../src/graph/simplify.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const x = input("x", [1, 2, 4, 4]);
const w = input("w", [3, 2, 3, 3]);

function operators(...outputs: Parameters<typeof simplify>[0]): string[] {
  return topologicalOrder(simplify(outputs)).map((node) => node.op.name);
}

it("computes a common subexpression once, also across detach", () => {
  const a = conv2d(x, w, { padding: 1 });
  const b = conv2d(detach(x), w, { padding: 1 });
  expect(operators(add(a, b)).filter((name) => name === "Conv2d")).toHaveLength(1);
});

it("removes identities without swallowing a broadcast", () => {
  expect(operators(add(mul(x, 1), 0))).toEqual(["Input"]);
  const zeros = constant(new Float32Array(8), [2, 4, 1, 1]);
  const scalar = input("s", [1, 1, 1]);
  expect(simplify([add(scalar, zeros)])[0].shape).toEqual([2, 4, 1, 1]);
  expect(operators(neg(neg(x)))).toEqual(["Input"]);
  expect(operators(transpose(transpose(x, [1, 0, 3, 2]), [1, 0, 3, 2]))).toEqual(["Input"]);
  expect(operators(reshape(reshape(x, [2, 16]), [1, 2, 4, 4]))).toEqual(["Input"]);
});

it("merges filter gradients of one input into one of the summed cotangents, with the same values", async () => {
  const first = reduceSum(mul(conv2d(x, w, { padding: 1 }), input("a", [1, 3, 4, 4])));
  const second = reduceSum(mul(conv2d(detach(x), w, { padding: 1 }), input("b", [1, 3, 4, 4])));
  const [dw] = gradients(add(first, second), [w]);
  expect(operators(dw).filter((name) => name === "Conv2dFilterGrad")).toHaveLength(1);
  const engine = await nodeEngine();
  const ramp = (n: number, k: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * k));
  const feeds = { x: ramp(32, 1), w: ramp(54, 2), a: ramp(48, 3), b: ramp(48, 4) };
  const [da] = gradients(first, [w]);
  const [db] = gradients(second, [w]);
  const result = await evaluate(engine, { dw, da, db }, feeds);
  for (const [i, value] of result.dw.entries()) expect(value).toBeCloseTo(result.da[i] + result.db[i], 4);
});

import { expect, it } from "vitest";
import {
  add,
  concat,
  constant,
  conv2d,
  gradients,
  input,
  mul,
  reduceSum,
  slice,
} from "../../src/graph/index.js";
import { structuralZeros } from "../../src/graph/structural-zeros.js";

const x = input("x", [1, 2, 4, 4]);
const filters = ["a", "b", "c"].map((name) => input(name, [2, 2, 3, 3]));
const biases = ["d", "e", "f"].map((name) => input(name, [2]));
const joined = conv2d(x, concat(filters, 0), { padding: 1, bias: concat(biases, 0) });
const part = (k: number) => slice(joined, { axes: [1], starts: [2 * k], ends: [2 * k + 2] });

/** Which of the parameters a loss's gradients are known to be zero for. */
function zerosOf(loss: typeof x): boolean[] {
  const found = gradients(reduceSum(mul(loss, loss)), [...filters, ...biases]);
  const zeros = structuralZeros(found);
  return found.map((gradient) => zeros.has(gradient));
}

it("sees what a part of a joined convolution cannot reach", () => {
  expect(zerosOf(part(0))).toEqual([false, true, true, false, true, true]);
  expect(zerosOf(part(2))).toEqual([true, true, false, true, true, false]);
});

it("counts what two parts reach", () => {
  expect(zerosOf(add(part(0), part(1)))).toEqual([false, false, true, false, false, true]);
});

it("claims nothing of what it cannot tell", () => {
  expect(zerosOf(joined)).toEqual([false, false, false, false, false, false]);
  const unsure = mul(input("flag", []), x);
  expect(structuralZeros([unsure]).size).toBe(0);
});

it("knows products with zero and sums of zeros", () => {
  const zero = constant([0, 0], [2, 1]);
  const product = mul(zero, input("y", [2, 3]));
  const sum = add(product, product);
  expect([...structuralZeros([product, sum, add(product, 1)])]).toEqual([product, sum]);
});

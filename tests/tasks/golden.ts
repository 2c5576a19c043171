/** @file The golden values of tests/golden/tasks.json (made by tasks.py with PyTorch and numpy). */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { constant, gradients, input, mul, reduceSum, slice, type Tensor } from "../../src/graph/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

export interface Packed {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Metrics {
  readonly prediction: Packed;
  readonly label: Packed;
  readonly result: Readonly<Record<string, number>>;
}

interface Golden {
  readonly weights: readonly number[];
  readonly inputs: Readonly<Record<string, Packed>>;
  readonly cases: Readonly<Record<string, { readonly value: Packed; readonly gradient?: Packed }>>;
  readonly metrics: { readonly valid: Packed } & Readonly<
    Record<"segmentation" | "depth" | "normals" | "reshading", Metrics>
  >;
}

export const golden: Golden = JSON.parse(
  readFileSync(new URL("../golden/tasks.json", import.meta.url), "utf8"),
);

/** The stored inputs as graph inputs of the same names. */
export function goldenInput(name: string): Tensor {
  return input(name, golden.inputs[name].shape);
}

export const goldenFeeds: Readonly<Record<string, readonly number[]>> = Object.fromEntries(
  Object.entries(golden.inputs).map(([name, { data }]) => [name, data]),
);

/** Largest difference at most `tolerance` of the largest expected magnitude. */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got.length).toBe(expected.length);
  let [scale, worst] = [1e-30, 0];
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]));
    const difference = Math.abs(got[i] - expected[i]);
    // Math.max lets NaN through, which then fails the comparison below.
    worst = Math.max(worst, difference);
  }
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}

/** The result that is compared with a stored one, and the leaf its gradient is taken for. */
export interface GoldenCase {
  readonly result: Tensor;
  readonly leaf?: Tensor;
}

/** The scalar whose gradient is stored: losses weighted by sample, encodings by a random cotangent. */
function weighted(result: Tensor): Tensor {
  if (result.shape.length === 1) return reduceSum(mul(result, constant(golden.weights, [3])));
  const cotangent = slice(goldenInput("cotangent"), { axes: [1], starts: [0], ends: [result.shape[1]] });
  return reduceSum(mul(result, cotangent));
}

/**
 * Compares values and gradients with the stored cases whose names match, of which `ours` must leave out none.
 */
export function compareWithGolden(names: RegExp, ours: Readonly<Record<string, GoldenCase>>): void {
  describe("golden values from PyTorch", () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await nodeEngine({ provider: "cpu", threads: 1 });
    });

    test("every stored case is compared", () => {
      const stored = Object.keys(golden.cases).filter((name) => names.test(name));
      expect(Object.keys(ours).sort()).toEqual(stored.sort());
    });

    test.each(Object.keys(ours))("%s", async (name) => {
      const { result, leaf } = ours[name];
      const expected = golden.cases[name];
      const outputs: Record<string, Tensor> = { value: result };
      if (leaf !== undefined) [outputs.gradient] = gradients(weighted(result), [leaf]);
      const got = await evaluate(engine, outputs, goldenFeeds);
      expectClose(got.value, expected.value.data);
      if (leaf !== undefined) expectClose(got.gradient, expected.gradient!.data);
    });
  });
}

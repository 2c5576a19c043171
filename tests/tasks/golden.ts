/** @file The golden values of tests/golden/tasks.json (made by tasks.py with PyTorch and numpy). */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { input, type Tensor } from "../../src/graph/index.js";

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

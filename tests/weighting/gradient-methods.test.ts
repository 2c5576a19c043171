/** @file Weightings by gradients: known answers by hand, and no conflict where it is promised. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { weightings } from "../../src/weighting/index.js";
import { type Outcome, type Quadratic, weigh } from "./suite.js";

/** Objectives with these gradients at p = 1. */
const withGradients = (rows: readonly (readonly number[])[]): Quadratic[] =>
  rows.map((row, k) => ({ name: "abcdefg"[k], scale: 1, centre: row.map((value) => 1 - value) }));

/** Rows whose products are the entries of a symmetric positive definite matrix (Cholesky). */
function rowsOf(gram: readonly (readonly number[])[]): number[][] {
  const rows = gram.map((row) => row.map(() => 0));
  gram.forEach((_, i) => {
    for (let j = 0; j <= i; j++) {
      const rest = gram[i][j] - rows[i].reduce((sum, value, k) => sum + (k < j ? value * rows[j][k] : 0), 0);
      rows[i][j] = i === j ? Math.sqrt(rest) : rest / rows[j][j];
    }
  });
  return rows;
}

const conflict = rowsOf([
  [4, -1],
  [-1, 1],
]);
const agreement = rowsOf([
  [1, 2],
  [2, 9],
]);
const interior = rowsOf([
  [3, -1],
  [-1, 2],
]);
const three = rowsOf([
  [2, -1, 0.5],
  [-1, 3, -1.5],
  [0.5, -1.5, 1],
]);
const plain = { rescale: "none" };
const unclipped = { maxNorm: null };

// By closed forms for two objectives, and from an interior point solver of its own for three.
const known: readonly (readonly [
  name: string,
  options: Record<string, unknown>,
  rows: number[][],
  w: number[],
])[] = [
  ["pcgrad", {}, conflict, [1.25, 2]],
  ["pcgrad", {}, agreement, [1, 1]],
  ["mgda", {}, conflict, [0.285714, 0.714286]],
  ["mgda", {}, agreement, [1, 0]],
  ["mgda", {}, three, [0.076923, 0.346154, 0.576923]],
  ["cagrad", plain, conflict, [0.5, 0.933013]],
  ["cagrad", plain, agreement, [1.435414, 0.5]],
  ["cagrad", plain, three, [0.333333, 0.557341, 0.803214]],
  ["cagrad", plain, interior, [0.626133, 0.834844]],
  ["cagrad", { ...plain, c: 0.4 }, interior, [0.575791, 0.767721]],
  ["cagrad", { c: 0.4 }, interior, [0.575791 / 1.16, 0.767721 / 1.16]],
  ["cagrad", { c: 0.4, rescale: "linear" }, interior, [0.575791 / 1.4, 0.767721 / 1.4]],
  ["nash-mtl", unclipped, conflict, [Math.SQRT1_2, Math.SQRT2]],
  ["nash-mtl", unclipped, agreement, [0.774597, 0.258199]],
  ["nash-mtl", unclipped, three, [0.832696, 1.783397, 2.637845]],
  ["nash-mtl", {}, conflict, [0.5, 1]],
  ["imtl-g", {}, conflict, [1 / 3, 2 / 3]],
  ["imtl-g", {}, agreement, [0.75, 0.25]],
  ["imtl-g", {}, three, [0.089396, 0.352196, 0.558408]],
  ["upgrad", {}, conflict, [0.625, 1]],
  ["upgrad", {}, agreement, [0.5, 0.5]],
  ["upgrad", {}, three, [0.380952, 0.611111, 0.809524]],
];

const weighed = (name: string, rows: readonly (readonly number[])[], given: Record<string, unknown> = {}) =>
  weigh(weightings[name], weightings[name].options.parse(given), withGradients(rows));

const products = ({ shared }: Outcome, rows: readonly (readonly number[])[]) =>
  rows.map((row) => row.reduce((sum, value, i) => sum + value * shared[i], 0));

describe("known answers", () => {
  it.each(known)("%s %j on %j: %j", async (name, options, rows, wanted) => {
    const { values, shared, own } = await weighed(name, rows, options);
    wanted.forEach((weight, k) => {
      expect(values[`weight ${"abc"[k]}`]).toBeCloseTo(weight, 3);
    });
    shared.forEach((value, i) => {
      const sum = rows.reduce((total, row, k) => total + wanted[k] * row[i], 0);
      expect(value).toBeCloseTo(sum, 3);
    });
    // Each head's own slope is 2.
    if (name !== "nash-mtl") for (const value of Object.values(own)) expect(value).toBeCloseTo(2, 5);
  });

  it("pcgrad meets the others in either order", async () => {
    const { values } = await weighed("pcgrad", three);
    expect(values["weight b"]).toBeCloseTo(1.833333, 4);
    const [a, c] = [values["weight a"], values["weight c"]];
    expect(Math.min(Math.hypot(a - 1.5, c - 2.25), Math.hypot(a - 1.125, c - 2.5))).toBeLessThan(1e-4);
  });

  it("nash-mtl weighs heads by what is not clipped", async () => {
    const { own } = await weighed("nash-mtl", conflict);
    expect(own.a).toBeCloseTo(2 * Math.SQRT1_2, 4);
    expect(own.b).toBeCloseTo(2 * Math.SQRT2, 4);
  });
});

const gradientRows = (count: number, size: number) =>
  fc
    .array(fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: size, maxLength: size }), {
      minLength: count,
      maxLength: count,
    })
    .filter((rows) => rows.every((row) => Math.hypot(...row) > 0.1));

describe("no objective gets worse", () => {
  it.each([
    ["mgda", {}, 3],
    ["upgrad", {}, 3],
    ["nash-mtl", {}, 3],
    ["cagrad", { c: 1 }, 3],
    ["pcgrad", {}, 2],
  ] as const)("under %s %j", async (name, options, count) => {
    await fc.assert(
      fc.asyncProperty(gradientRows(count, 4), async (rows) => {
        const outcome = await weighed(name, rows, options);
        // In units of the update's and the gradients' lengths.
        const longest = Math.max(...rows.map((row) => Math.hypot(...row)));
        const least = Math.min(...products(outcome, rows)) / longest;
        expect(least / Math.max(Math.hypot(...outcome.shared), longest)).toBeGreaterThan(-1e-3);
      }),
      { numRuns: 6, seed: 1, endOnFailure: true },
    );
  });
});

describe("scales", () => {
  const scaled = three.map((row, k) => row.map((value) => value * [1, 100, 0.01][k]));

  it("do not change the update of nash-mtl, nor the direction of imtl-g", async () => {
    for (const name of ["nash-mtl", "imtl-g"]) {
      const [a, b] = [await weighed(name, three), await weighed(name, scaled)];
      const ratio = b.shared[0] / a.shared[0];
      if (name === "nash-mtl") expect(ratio).toBeCloseTo(1, 3);
      b.shared.forEach((value, i) => {
        expect(value / ratio).toBeCloseTo(a.shared[i], 3);
      });
    }
  });
});

describe("gradients that cancel", () => {
  // Σ g = 0: the present point cannot be bettered for all.
  const cancelling = [
    [1, 0],
    [-0.5, 0.75],
    [-0.5, -0.75],
  ];
  it.each(["pcgrad", "mgda", "cagrad", "nash-mtl", "imtl-g", "upgrad"])("%s stays bounded", async (name) => {
    const { shared, values } = await weighed(name, cancelling);
    expect(Math.hypot(...shared)).toBeLessThan(2);
    for (const weight of Object.values(values)) expect(Math.abs(weight)).toBeLessThan(1e4);
  });

  it("stop mgda and upgrad", async () => {
    for (const name of ["mgda", "upgrad"]) {
      expect(Math.hypot(...(await weighed(name, cancelling)).shared)).toBeLessThan(2e-3);
    }
  });
});

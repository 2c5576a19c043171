import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resample } from "../../src/fields/resample.js";
import {
  alignedNearestTaps,
  alignedTaps,
  nearestTaps,
  type Taps,
  triangleTaps,
} from "../../src/fields/taps.js";

interface Case {
  source: [number, number];
  target: [number, number];
  x: number[];
  triangle: number[];
  aligned: number[];
  nearest: number[];
}

const golden: Case[] = JSON.parse(
  readFileSync(new URL("../golden/resampling.json", import.meta.url), "utf8"),
);

const rules = {
  triangle: triangleTaps,
  aligned: (size: number, length: number) => alignedTaps(0, size, length),
  nearest: nearestTaps,
};

describe("resampled values are PyTorch's", () => {
  it.each(golden)("from $source to $target", ({ source, target, x, ...expected }) => {
    for (const [rule, taps] of Object.entries(rules)) {
      const [rows, columns] = source.map((size, axis) => taps(size, target[axis]));
      const got = resample(Float32Array.from(x), 1, source[0], source[1], rows, columns);
      const wanted = expected[rule as keyof typeof rules];
      expect(got).toHaveLength(wanted.length);
      wanted.forEach((value, i) => {
        expect(Math.abs(got[i] - value), `${rule}[${i}]`).toBeLessThan(1e-5);
      });
    }
  });
});

/** What each source position counts for, over all outputs. */
function totals({ index, weight }: Taps, size: number): number[] {
  const sums = new Array<number>(size).fill(0);
  for (const [k, source] of index.entries()) sums[source] += weight[k];
  return sums;
}

describe("taps of any sizes", () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }));
  const start = 3;
  const all: [string, (size: number, length: number) => Taps][] = [
    ...Object.entries(rules),
    ["aligned, from a start", (size, length) => alignedTaps(start, size, length)],
    ["aligned nearest, from a start", (size, length) => alignedNearestTaps(start, size, length)],
  ];

  it.each(all)("%s: lie within the source, weigh 1 together, and keep the order", (name, taps) => {
    fc.assert(
      fc.property(sizes, ([size, length]) => {
        const { count, index, weight, length: outputs } = taps(size, length);
        const first = name.endsWith("start") ? start : 0;
        expect([outputs, index.length, weight.length]).toEqual([length, length * count, length * count]);
        let before = -1;
        for (let out = 0; out < length; out++) {
          const range = [...Array(count).keys()].map((k) => out * count + k);
          const used = range.filter((k) => weight[k] !== 0);
          expect(used.reduce((sum, k) => sum + weight[k], 0)).toBeCloseTo(1, 5);
          for (const k of used) {
            expect(weight[k]).toBeGreaterThan(0);
            expect(index[k]).toBeGreaterThanOrEqual(first);
            expect(index[k]).toBeLessThan(first + size);
          }
          const centre = used.reduce((sum, k) => sum + weight[k] * index[k], 0);
          expect(centre).toBeGreaterThanOrEqual(before - 1e-5);
          before = centre;
        }
      }),
    );
  });

  it("reducing by triangles, every source position counts, those inside alike", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 3, max: 12 }), (ratio, length) => {
        const sums = totals(triangleTaps(ratio * length, length), ratio * length);
        for (const sum of sums) expect(sum).toBeGreaterThan(0);
        for (const sum of sums.slice(2 * ratio, -2 * ratio)) expect(sum).toBeCloseTo(1 / ratio, 5);
      }),
    );
  });

  it("aligned taps begin and end where the source does", () => {
    fc.assert(
      fc.property(sizes, ([size, length]) => {
        fc.pre(length > 1);
        for (const taps of [alignedTaps(start, size, length), alignedNearestTaps(start, size, length)]) {
          const at = (out: number) =>
            [...Array(taps.count).keys()].reduce(
              (sum, k) => sum + taps.weight[out * taps.count + k] * taps.index[out * taps.count + k],
              0,
            );
          expect(at(0)).toBeCloseTo(start, 5);
          expect(at(length - 1)).toBeCloseTo(start + size - 1, 4);
        }
      }),
    );
  });
});

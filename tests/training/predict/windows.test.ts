import fc from "fast-check";
import { expect, test } from "vitest";
import { blendShares, windowStarts } from "../../../src/training/predict/windows.js";

test("windows overlap by a share, the last one is shifted inwards", () => {
  expect(windowStarts(100, 40, 0.25)).toEqual([0, 30, 60]);
  expect(windowStarts(95, 40, 0.25)).toEqual([0, 30, 55]);
  expect(windowStarts(80, 40, 0)).toEqual([0, 40]);
  expect(windowStarts(40, 40, 0.5)).toEqual([0]);
  expect(windowStarts(10, 40, 0.5)).toEqual([0]);
});

test("cover every pixel by shares that are positive and sum to 1", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 0.9, noNaN: true }),
      (length, side, overlap) => {
        const starts = windowStarts(length, side, overlap);
        expect(new Set(starts).size).toBe(starts.length);
        const sum = new Float64Array(length);
        blendShares(starts, side, length).forEach((shares, i) => {
          expect(starts[i] + shares.length).toBeLessThanOrEqual(length);
          expect(shares.every((share) => share > 0)).toBe(true);
          shares.forEach((share, x) => {
            sum[starts[i] + x] += share;
          });
        });
        expect(Math.max(...sum.map((each) => Math.abs(each - 1)))).toBeLessThan(1e-12);
      },
    ),
  );
});

test("shares fall from the middle of a window to its edges", () => {
  const [first] = blendShares([0, 5], 10, 15);
  expect([...first.slice(0, 5)]).toEqual([1, 1, 1, 1, 1]);
  for (let x = 6; x < 10; x++) expect(first[x]).toBeLessThan(first[x - 1]);
});

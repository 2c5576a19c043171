import { expect, test } from "vitest";
import {
  addCounts,
  averagePrecision,
  type BoundaryCounts,
  bestFScore,
  bestThreshold,
  emptyCounts,
} from "../../../src/tasks/boundaries/scores.js";

/** Rows of matched true, true, matched predicted and predicted pixels, a row a threshold. */
function counts(rows: readonly (readonly [number, number, number, number])[]): BoundaryCounts {
  const column = (i: number) => Float64Array.from(rows, (row) => row[i]);
  return {
    matchedTruth: column(0),
    truth: column(1),
    matchedPrediction: column(2),
    prediction: column(3),
  };
}

const A = counts([
  [8, 10, 4, 8],
  [6, 10, 3, 4],
  [2, 10, 1, 1],
]);
const B = counts([
  [5, 5, 5, 20],
  [5, 5, 5, 10],
  [4, 5, 4, 4],
]);
const all = emptyCounts(3);
for (const image of [A, B]) addCounts(all, image);

test("the best threshold for a set, precision and recall interpolated between thresholds", () => {
  expect(bestFScore(all)).toBeCloseTo(0.665108, 6);
});

test("each image's own best threshold, counts added up", () => {
  expect([A, B].map(bestThreshold)).toEqual([1, 2]);
  const best = emptyCounts(1);
  for (const image of [A, B]) addCounts(best, image, bestThreshold(image));
  expect(bestFScore(best)).toBeCloseTo(0.756757, 6);
});

test("average precision over the recalls that thresholds reach", () => {
  expect(averagePrecision(all)).toBeCloseTo(0.325907, 6);
});

test("nothing predicted, nothing true, one recall only", () => {
  const nothing = counts([
    [0, 10, 0, 0],
    [0, 10, 0, 0],
  ]);
  const empty = counts([[0, 0, 0, 7]]);
  const single = counts([[5, 5, 5, 5]]);
  for (const each of [nothing, empty]) {
    expect(bestFScore(each)).toBe(0);
    expect(averagePrecision(each)).toBe(0);
    expect(bestThreshold(each)).toBe(0);
  }
  expect(bestFScore(single)).toBe(1);
  expect(averagePrecision(single)).toBe(0);
});

test("the whole curve at precision 1 comes to 1.01", () => {
  const rows = Array.from({ length: 101 }, (_, i) => [100 - i, 100, 1, 1] as const);
  expect(averagePrecision(counts(rows))).toBeCloseTo(1.01, 9);
});

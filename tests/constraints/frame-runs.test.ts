import { expect, it } from "vitest";
import { extendedRun, neighbourRuns } from "../../src/constraints/frame-runs.js";

it("sees a run with the frames behind it, or before it at the end", () => {
  expect(extendedRun([0], 1, 1)).toEqual([0]);
  expect(extendedRun([0], 2, 3)).toEqual([0, 1]);
  expect(extendedRun([2], 2, 3)).toEqual([2, 1]);
  expect(extendedRun([1, 0], 2, 2)).toEqual([1, 0]);
  expect(extendedRun([2, 1], 3, 3)).toEqual([2, 1, 0]);
  expect(() => extendedRun([0], 2, 1)).toThrow(RangeError);
});

it("lists runs of neighbours, both ways", () => {
  expect(neighbourRuns(1, 3)).toEqual([[0], [1], [2]]);
  expect(neighbourRuns(2, 3)).toEqual([
    [0, 1],
    [1, 0],
    [1, 2],
    [2, 1],
  ]);
  expect(neighbourRuns(3, 2)).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { assignSplits } from "../../../src/data/starting/assign-splits.js";

const USUAL = { train: 0.8, val: 0.1, test: 0.1 };
const single = (count: number) => Array.from({ length: count }, (_, i) => [`p${i}`]);
const none = () => [];
const sizes = (splits: ReturnType<typeof assignSplits>) => [
  splits.train.length,
  splits.val.length,
  splits.test.length,
];

test.each([
  [100, [80, 10, 10]],
  [107, [85, 11, 11]],
  [10, [8, 1, 1]],
  [3, [1, 1, 1]],
  [2, [1, 1, 0]],
  [1, [1, 0, 0]],
])("%i images", (count, expected) => {
  expect(sizes(assignSplits(single(count), none, USUAL))).toEqual(expected);
});

test("each split gets its part of the labelled images", () => {
  const labelsOf = (id: string) => (Number(id.slice(1)) < 20 ? ["segmentation"] : []);
  const splits = assignSplits(single(107), labelsOf, USUAL);
  const labelled = Object.values(splits).map((ids) => ids.filter((id) => labelsOf(id).length > 0).length);
  expect(labelled).toEqual([16, 2, 2]);
});

test("a split without a share stays empty; the seed decides who goes where", () => {
  const shares = { train: 0.9, val: 0.1, test: 0 };
  expect(sizes(assignSplits(single(20), none, shares))).toEqual([18, 2, 0]);
  expect(assignSplits(single(20), none, shares, 1)).toEqual(assignSplits(single(20), none, shares, 1));
  expect(assignSplits(single(20), none, shares, 1)).not.toEqual(assignSplits(single(20), none, shares, 2));
});

test("groups stay whole, every image lies in one split, and sizes are near their shares", () => {
  const groupSizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(groupSizes, fc.integer({ min: 0, max: 99 }), (counts, seed) => {
      const groups = counts.map((count, g) => Array.from({ length: count }, (_, i) => `g${g}i${i}`));
      const splits = assignSplits(groups, none, USUAL, seed);
      const all = Object.values(splits).flat();
      expect([...all].sort()).toEqual(groups.flat().sort());
      for (const group of groups) {
        const places = Object.values(splits).filter((ids) => group.some((id) => ids.includes(id)));
        expect(places.length).toBe(1);
      }
      expect(splits.train.length).toBeGreaterThan(0);
      const images = all.length;
      if (groups.length >= 10) expect(Math.abs(splits.train.length - 0.8 * images)).toBeLessThanOrEqual(12);
    }),
    { numRuns: 100 },
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxIou } from "../../../src/geometry/boxes/overlap.js";
import { suppressed } from "../../../src/geometry/boxes/suppression.js";
import { anyBox, flatBox } from "../../helpers/boxes.js";

const row = [0, 1, 2, 6].map((x) => flatBox(4, 2, x));

describe("non-maximum suppression", () => {
  it("keeps the best of boxes that overlap, best first; a box that went takes none with it", () => {
    expect(suppressed(row, [0.9, 0.8, 0.7, 0.95], { overlap: 0.5 })).toEqual([3, 0, 2]);
    expect(suppressed(row, [0.9, 0.8, 0.7, 0.95], { overlap: 0.3 })).toEqual([3, 0]);
    expect(suppressed(row, [0.1, 0.1, 0.1, 0.1], { overlap: 0.5 })).toEqual([0, 2, 3]);
  });

  it("minds the turn: a box across another one shares a third with it", () => {
    const crossing = [flatBox(4, 2), flatBox(4, 2, 0, 0, 90)];
    expect(suppressed(crossing, [1, 2], { overlap: 0.34 })).toEqual([1, 0]);
    expect(suppressed(crossing, [1, 2], { overlap: 0.33 })).toEqual([1]);
  });

  it("minds the height where it is asked to", () => {
    const above = [flatBox(4, 2), { ...flatBox(4, 2), centre: [0, 0, 3] as const }];
    expect(suppressed(above, [2, 1], { overlap: 0.1 })).toEqual([0]);
    expect(suppressed(above, [2, 1], { overlap: 0.1, measure: "3d" })).toEqual([0, 1]);
  });

  it("looks at scores from a least one on, at so many candidates, and keeps so many", () => {
    const scores = [0.9, 0.8, 0.7, 0.95];
    expect(suppressed(row, scores, { overlap: 1, score: 0.8 })).toEqual([3, 0, 1]);
    expect(suppressed(row, scores, { overlap: 0.5, candidates: 3 })).toEqual([3, 0]);
    expect(suppressed(row, scores, { overlap: 1, most: 2 })).toEqual([3, 0]);
    expect(suppressed(row, [Number.NaN, 1, 1, Number.NaN], { overlap: 1 })).toEqual([1, 2]);
    expect(suppressed([], [], { overlap: 0.5 })).toEqual([]);
    expect(() => suppressed(row, [1], { overlap: 0.5 })).toThrow(RangeError);
  });

  it("leaves boxes that do not overlap, and beside each that went a better one that does", () => {
    const scored = fc.array(fc.tuple(anyBox(6), fc.integer({ min: 0, max: 5 })), { maxLength: 25 });
    fc.assert(
      fc.property(scored, fc.constantFrom(0.05, 0.3, 0.6), (list, overlap) => {
        const boxes = list.map(([box]) => box);
        const scores = list.map(([, score]) => score);
        const kept = suppressed(boxes, scores, { overlap });
        kept.forEach((i, place) => {
          for (const j of kept.slice(0, place)) {
            expect(scores[j]).toBeGreaterThanOrEqual(scores[i]);
            expect(boxIou(boxes[j], boxes[i], "bev")).toBeLessThanOrEqual(overlap);
          }
        });
        boxes.forEach((box, i) => {
          if (kept.includes(i)) return;
          const better = kept.filter((j) => scores[j] >= scores[i]);
          expect(better.some((j) => boxIou(boxes[j], box, "bev") > overlap)).toBe(true);
        });
      }),
    );
  });
});

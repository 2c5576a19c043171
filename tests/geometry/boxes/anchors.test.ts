import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AnchorGrid, anchorAt, anchorBoxes, matchAnchors } from "../../../src/geometry/boxes/anchors.js";
import type { UprightBox } from "../../../src/geometry/boxes/box.js";
import { boxIou } from "../../../src/geometry/boxes/overlap.js";
import { anyBox, flatBox } from "../../helpers/boxes.js";

const small: AnchorGrid = {
  from: [-8, -8],
  cell: 1,
  cells: [16, 12],
  size: [4, 2, 1.5],
  z: 0.5,
  yaws: [0, Math.PI / 2],
};
const thresholds = { positive: 0.6, negative: 0.45 };

/** The box turned to the nearest axis, by trying both. */
function upright({ centre, size: [l, w, h], yaw }: UprightBox): UprightBox {
  const along = Math.abs(Math.cos(yaw)) > Math.abs(Math.sin(yaw));
  return { centre, size: along ? [l, w, h] : [w, l, h], yaw: 0 };
}

describe("anchors", () => {
  it("stand in the middle of each cell, row by row, one for each turn", () => {
    const boxes = anchorBoxes(small);
    expect(boxes).toHaveLength(16 * 12 * 2 * 7);
    expect(anchorAt(boxes, 0)).toEqual({ centre: [-7.5, -7.5, 0.5], size: [4, 2, 1.5], yaw: 0 });
    expect(anchorAt(boxes, 1).yaw).toBe(Math.PI / 2);
    expect(anchorAt(boxes, 2).centre).toEqual([-6.5, -7.5, 0.5]);
    expect(anchorAt(boxes, 2 * 16).centre).toEqual([-7.5, -6.5, 0.5]);
    expect(anchorAt(boxes, 2 * 16 * 12 - 1).centre).toEqual([7.5, 3.5, 0.5]);
  });

  it("match as two equal loops over all pairs say", () => {
    const anchors = anchorBoxes(small);
    const all = Array.from({ length: anchors.length / 7 }, (_, i) => anchorAt(anchors, i));
    fc.assert(
      fc.property(fc.array(anyBox(7), { maxLength: 4 }), (truths) => {
        const match = matchAnchors(anchors, truths, thresholds);
        const ious = all.map((anchor) => truths.map((box) => boxIou(upright(anchor), upright(box), "bev")));
        const best = truths.map((_, j) => Math.max(...ious.map((row) => row[j])));
        ious.forEach((row, i) => {
          const most = Math.max(0, ...row);
          expect(match.overlap[i]).toBeCloseTo(most, 9);
          if (most > 0) expect(row[match.truth[i]]).toBeCloseTo(most, 9);
          else expect(match.truth[i]).toBe(-1);
          const forced = row.some((iou, j) => iou > 0 && iou > best[j] - 1e-12);
          const nearForced = row.some((iou, j) => iou > 0 && iou > best[j] - 1e-9);
          // Ties up to rounding may fall to either side.
          if (forced === nearForced && !forced) {
            expect(match.state[i]).toBe(most >= 0.6 ? 1 : most < 0.45 ? 0 : -1);
          }
        });
        best.forEach((value, j) => {
          expect(match.best[j]).toBeCloseTo(value, 9);
          if (value > 1e-6) {
            const positive = ious.some((row, i) => match.state[i] === 1 && row[j] > value - 1e-9);
            expect(positive).toBe(true);
          }
        });
      }),
      { numRuns: 20 },
    );
  });

  it("below the threshold are positive where a box has none better, all of those that tie", () => {
    const anchors = anchorBoxes({ ...small, yaws: [0] });
    // A small box between two cells: both anchors hold it whole, as many others do.
    const { state, truth, best } = matchAnchors(anchors, [flatBox(1, 1)], thresholds);
    expect(best[0]).toBeCloseTo(1 / 8, 12);
    const positive = [...state.keys()].filter((i) => state[i] === 1);
    expect(positive.length).toBe(8);
    for (const i of positive) {
      expect(truth[i]).toBe(0);
      const [x, y] = anchorAt(anchors, i).centre;
      expect(Math.abs(x) <= 1.5 && Math.abs(y) <= 0.5).toBe(true);
    }
    expect(state.filter((value) => value === 0)).toHaveLength(state.length - 8);
  });

  it("an anchor that one box forces learns the box that it overlaps most", () => {
    const anchors = anchorBoxes({ ...small, cells: [1, 1], from: [-0.5, -0.5], yaws: [0] });
    const truths = [flatBox(1, 1, 1), flatBox(4, 2)];
    const { state, truth } = matchAnchors(anchors, truths, thresholds);
    expect([state[0], truth[0]]).toEqual([1, 1]);
  });

  it("of boxes off the grid, without size or of none are all negative", () => {
    const anchors = anchorBoxes(small);
    const truths = [flatBox(4, 2, 500), flatBox(0, 2), flatBox(4, 2, Number.NaN)];
    const { state, truth, best } = matchAnchors(anchors, truths, thresholds);
    expect(new Set(state)).toEqual(new Set([0]));
    expect(new Set(truth)).toEqual(new Set([-1]));
    expect([...best]).toEqual([0, 0, 0]);
    expect(new Set(matchAnchors(anchors, [], thresholds).state)).toEqual(new Set([0]));
  });

  it("of PointPillars' grid for cars match a street of six cars as its authors' rules do", () => {
    const car = (x: number, y: number, l: number, w: number, yaw: number): UprightBox => ({
      centre: [x, y, -0.9],
      size: [l, w, 1.5],
      yaw,
    });
    const cars = [
      car(3.9619, 2.7083, 3.23, 1.57, -0.2808),
      car(8.1412, 1.1781, 3.68, 1.5, -3.4708),
      car(6.4333, -3.801, 3.08, 1.44, -0.2608),
      car(14.7209, -1.0615, 3.66, 1.6, -0.3208),
      car(33.4801, -7.23, 4.08, 1.63, -3.5208),
      car(20.2438, -8.4689, 2.47, 1.59, -0.3208),
    ];
    const anchors = anchorBoxes({
      from: [0, -39.68],
      cell: 0.32,
      cells: [216, 248],
      size: [3.9, 1.6, 1.56],
      z: -1,
      yaws: [0, 1.57],
    });
    const { state, best } = matchAnchors(anchors, cars, thresholds);
    const expected = [0.8127, 0.8757, 0.6768, 0.8568, 0.9213, 0.6255];
    best.forEach((value, j) => {
      expect(value).toBeCloseTo(expected[j], 3);
    });
    const count = (wanted: number) => state.filter((value) => value === wanted).length;
    expect([count(1), count(-1), count(0)]).toEqual([42, 62, 107032]);
  });
});

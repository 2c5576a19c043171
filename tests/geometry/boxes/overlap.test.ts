import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boxContains, type UprightBox } from "../../../src/geometry/boxes/box.js";
import { boxIou, boxIous, sharedArea, sharedVolume } from "../../../src/geometry/boxes/overlap.js";
import { anyBox, flatBox } from "../../helpers/boxes.js";

/** The part of the line at y, along x, that lies in the box seen from above: by its four half-planes. */
function chord({ centre, size, yaw }: UprightBox, y: number): [number, number] {
  const [c, s] = [Math.cos(yaw), Math.sin(yaw)];
  let [low, high] = [-Infinity, Infinity];
  // |c dx + s dy| <= l / 2 and |-s dx + c dy| <= w / 2, as limits of dx.
  for (const [slope, across, half] of [
    [c, s, size[0] / 2],
    [-s, c, size[1] / 2],
  ]) {
    const offset = across * (y - centre[1]);
    if (Math.abs(slope) < 1e-12) {
      if (Math.abs(offset) > half) return [0, 0];
      continue;
    }
    const ends = [(-half - offset) / slope, (half - offset) / slope];
    low = Math.max(low, Math.min(...ends));
    high = Math.min(high, Math.max(...ends));
  }
  return low < high ? [centre[0] + low, centre[0] + high] : [0, 0];
}

/** Shared area by lines, a way of its own: the integral over y of the length of both chords' intersection. */
function areaByLines(a: UprightBox, b: UprightBox, lines: number): number {
  const reach = Math.hypot(a.size[0], a.size[1]) / 2;
  const step = (2 * reach) / lines;
  let sum = 0;
  for (let i = 0; i < lines; i++) {
    const y = a.centre[1] - reach + (i + 0.5) * step;
    const [p, q] = [chord(a, y), chord(b, y)];
    sum += Math.max(0, Math.min(p[1], q[1]) - Math.max(p[0], q[0]));
  }
  return sum * step;
}

const root2 = Math.SQRT2;
describe("overlap of boxes", () => {
  it.each([
    ["2x2 at 0 and 45 degrees", flatBox(2, 2), flatBox(2, 2, 0, 0, 45), 8 * (root2 - 1), Math.SQRT1_2],
    ["4x2 at 0 and 90 degrees", flatBox(4, 2), flatBox(4, 2, 0, 0, 90), 4, 1 / 3],
    ["4x2 at 0 and 30 degrees", flatBox(4, 2), flatBox(4, 2, 0, 0, 30), 20 - 8 * Math.sqrt(3), 0.62331],
    ["a corner in a side", flatBox(4, 2), flatBox(2, 2, 2, 0, 45), 2 * root2 - 1, 0.1797585],
    ["touching boxes", flatBox(4, 2), flatBox(4, 2, 4), 0, 0],
    ["a box and itself", flatBox(4, 2, 30, -5, 77), flatBox(4, 2, 30, -5, 77), 8, 1],
    ["a box and itself turned round", flatBox(4, 2, 3, 4, 20), flatBox(4, 2, 3, 4, 200), 8, 1],
    ["a box in another", flatBox(9, 9, 1, 1, 10), flatBox(2, 1, 1, 1, 70), 2, 2 / 81],
    ["Waymo's own case", flatBox(1, 2), flatBox(1, 4, 0.5, 0, 45), undefined, 0.2407496],
  ])("of %s", (_name, a, b, area, iou) => {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      if (area !== undefined) expect(sharedArea(one, other)).toBeCloseTo(area, 7);
      expect(boxIou(one, other, "bev")).toBeCloseTo(iou, 4);
      // The heights agree, so the volumes' shares are those of the areas.
      expect(boxIou(one, other, "3d")).toBeCloseTo(iou, 4);
    }
  });

  it("in space is that from above times the shared height", () => {
    const a = flatBox(4, 2);
    const up = (z: number): UprightBox => ({ ...a, centre: [0, 0, z] });
    expect(sharedVolume(a, up(0.5))).toBeCloseTo(8 * 1.5, 12);
    expect(boxIou(a, up(0.5), "3d")).toBeCloseTo(12 / 20, 12);
    expect(boxIou(a, up(2), "3d")).toBe(0);
    expect(boxIou(a, up(5), "bev")).toBe(1);
  });

  it("from above is what lines across both find", () => {
    fc.assert(
      fc.property(anyBox(3), anyBox(3), (a, b) => {
        expect(Math.abs(sharedArea(a, b) - areaByLines(a, b, 4000))).toBeLessThan(0.01);
      }),
      { numRuns: 150 },
    );
  });

  it("in space is what points of a grid find", () => {
    fc.assert(
      fc.property(anyBox(1.5), anyBox(1.5), (a, b) => {
        const n = 24;
        let inside = 0;
        const [c, s] = [Math.cos(a.yaw), Math.sin(a.yaw)];
        for (let i = 0; i < n ** 3; i++) {
          const [u, v, w] = [i % n, Math.floor(i / n) % n, Math.floor(i / n / n)].map(
            (k, axis) => ((k + 0.5) / n - 0.5) * a.size[axis],
          );
          const [x, y, z] = a.centre;
          if (boxContains(b, [x + c * u - s * v, y + s * u + c * v, z + w])) inside++;
        }
        const share = sharedVolume(a, b) / (a.size[0] * a.size[1] * a.size[2]);
        expect(Math.abs(share - inside / n ** 3)).toBeLessThan(0.08);
      }),
      { numRuns: 60 },
    );
  });

  it("does not depend on order, place or common turn, and stays within 0 and 1", () => {
    const turned = (box: UprightBox, by: number): UprightBox => {
      const [x, y, z] = box.centre;
      const [c, s] = [Math.cos(by), Math.sin(by)];
      return { ...box, centre: [c * x - s * y + 60, s * x + c * y - 40, z], yaw: box.yaw + by };
    };
    fc.assert(
      fc.property(anyBox(3), anyBox(3), fc.double({ min: -3, max: 3, noNaN: true }), (a, b, by) => {
        for (const measure of ["bev", "3d"] as const) {
          const iou = boxIou(a, b, measure);
          expect(iou).toBeGreaterThanOrEqual(0);
          expect(iou).toBeLessThanOrEqual(1);
          expect(boxIou(b, a, measure)).toBeCloseTo(iou, 9);
          expect(boxIou(turned(a, by), turned(b, by), measure)).toBeCloseTo(iou, 8);
          expect(boxIou(a, a, measure)).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it("of boxes without size, or with numbers that are none, is 0", () => {
    const sound = flatBox(4, 2);
    for (const bad of [flatBox(0, 2), flatBox(-4, 2), flatBox(4, 2, Number.NaN), flatBox(Infinity, 2)]) {
      expect(boxIou(sound, bad, "bev")).toBe(0);
      expect(boxIou(bad, sound, "3d")).toBe(0);
      expect(boxIou(bad, bad, "3d")).toBe(0);
    }
  });

  it("of lists is a row for each of the first", () => {
    const [a, b, c] = [flatBox(4, 2), flatBox(4, 2, 1), flatBox(4, 2, 2)];
    expect([...boxIous([a, b], [a, b, c], "bev")].map((iou) => Math.round(iou * 1e4))).toEqual([
      10000, 6000, 3333, 6000, 10000, 6000,
    ]);
    expect(boxIous([], [a], "3d")).toHaveLength(0);
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SeenPoint, unhiddenPoints } from "../../../src/data/sweeps/unhidden.js";

/** Every pair, one by one. */
function byBruteForce(points: readonly SeenPoint[], radius: number): SeenPoint[] {
  return points.filter(
    ([x, y, depth]) =>
      !points.some(
        ([ox, oy, near]) => near < 0.8 * depth && Math.abs(ox - x) <= radius && oy <= y && oy >= y - radius,
      ),
  );
}

describe("points that the camera sees", () => {
  it("are those before which nothing much nearer stands", () => {
    const wall: SeenPoint = [50, 50, 10];
    const kept = (point: SeenPoint) => unhiddenPoints([wall, point], 5).length === 2;
    expect(kept([52, 52, 20])).toBe(false);
    // Hardly farther, too far to the side or below, and above it: the ground behind is seen over it.
    expect(kept([52, 52, 12])).toBe(true);
    expect(kept([56, 52, 20])).toBe(true);
    expect(kept([52, 56, 20])).toBe(true);
    expect(kept([52, 49, 20])).toBe(true);
    expect(unhiddenPoints([], 5)).toEqual([]);
  });

  it("are the same as by comparing all of them", () => {
    const side = fc.double({ min: 0, max: 60, noNaN: true });
    const point = fc.tuple(side, side, fc.double({ min: 0.1, max: 80, noNaN: true }));
    fc.assert(
      fc.property(fc.array(point, { maxLength: 120 }), fc.integer({ min: 1, max: 30 }), (points, radius) => {
        expect(unhiddenPoints(points, radius)).toEqual(byBruteForce(points, radius));
      }),
    );
  });

  it("lie at the border of surroundings as well", () => {
    const grid = fc.tuple(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 12 }),
      fc.constantFrom(1, 2),
    );
    fc.assert(
      fc.property(fc.array(grid, { maxLength: 40 }), (points) => {
        expect(unhiddenPoints(points, 4)).toEqual(byBruteForce(points, 4));
      }),
    );
  });
});

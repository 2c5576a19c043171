/** @file How large and how far the boxes of each class are, and how many points lie in them. */
import { POINT_CHANNELS } from "../../fields/pillars.js";
import { boxContains, type UprightBox } from "../../geometry/boxes/box.js";
import type { SweepBox } from "./source.js";

/** What is measured of a box: metres, but for the points. */
export const BOX_MEASURES = ["length", "width", "height", "distance", "points"] as const;

/** Least, greatest and mean. */
export interface Spread {
  min: number;
  max: number;
  mean: number;
}

/** Of so many boxes. */
export interface BoxMeasures extends Record<(typeof BOX_MEASURES)[number], Spread> {
  boxes: number;
}

/** How many of a sweep's points lie in a box. */
export function pointsIn(box: UprightBox, points: Float32Array): number {
  let count = 0;
  for (let at = 0; at + POINT_CHANNELS <= points.length; at += POINT_CHANNELS) {
    if (boxContains(box, [points[at], points[at + 1], points[at + 2]])) count++;
  }
  return count;
}

/** Adds boxes of a sweep to the measures of their classes. Distances are those from the sensor's axis. */
export function measureBoxes(
  measures: Record<string, BoxMeasures>,
  boxes: readonly SweepBox[],
  points: Float32Array,
): void {
  for (const box of boxes) {
    const [length, width, height] = box.size;
    const distance = Math.hypot(box.centre[0], box.centre[1]);
    const of = { length, width, height, distance, points: box.points ?? pointsIn(box, points) };
    const before = measures[box.class];
    const count = (before?.boxes ?? 0) + 1;
    const spreads = BOX_MEASURES.map((key) => {
      const value = of[key];
      const { min, max, mean } = before?.[key] ?? { min: value, max: value, mean: value };
      const spread = {
        min: Math.min(min, value),
        max: Math.max(max, value),
        mean: mean + (value - mean) / count,
      };
      return [key, spread] as const;
    });
    measures[box.class] = { boxes: count, ...Object.fromEntries(spreads) } as BoxMeasures;
  }
}

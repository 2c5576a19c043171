/** @file Sweeps of as many points as asked for, and what a grid makes of them. */
import { Random } from "../../src/common/random.js";
import type { SweepSource } from "../../src/data/sweeps/source.js";
import { fillPillars, PILLAR_CHANNELS, POINT_CHANNELS } from "../../src/fields/pillars.js";
import type { BirdGrid } from "../../src/geometry/boxes/bird-grid.js";

/** `count` points of a sweep, drawn at random, in their order. Throws RangeError where it has fewer. */
export function thinned(points: Float32Array, count: number): Float32Array {
  const total = points.length / POINT_CHANNELS;
  if (count > total) throw new RangeError(`a sweep of ${total} points has no ${count}`);
  const random = new Random(0, "thinned", count);
  const kept = new Float32Array(count * POINT_CHANNELS);
  let at = 0;
  for (let i = 0; i < total; i++) {
    // Of those that are left, each is as likely to be among those that are wanted still.
    if (random.uniform() * (total - i) >= count - at) continue;
    kept.set(points.subarray(i * POINT_CHANNELS, (i + 1) * POINT_CHANNELS), at * POINT_CHANNELS);
    at++;
  }
  return kept;
}

/** The same source with so many points a sweep. */
export function thinnedSource(source: SweepSource, count: number): SweepSource {
  return {
    ...source,
    readSweep: async (split, id) => {
      const { points, pose } = await source.readSweep(split, id);
      return { points: thinned(points, count), pose };
    },
  };
}

/** How many of the points lie in the grid, and in how many of its cells. */
export function occupied(points: Float32Array, grid: BirdGrid): { points: number; pillars: number } {
  const most = points.length / POINT_CHANNELS;
  const data = new Float32Array(PILLAR_CHANNELS * most);
  const counts = fillPillars(points, grid, { pillars: most, points: 1 }, { data, row: 0, rows: most });
  return { points: counts.points - counts.outside - counts.notFinite, pillars: counts.pillars };
}

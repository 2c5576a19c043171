/** @file Sweeps of a LiDAR sensor: the one at hand, and ones before it where a network wants them. */
import { UserError } from "../common/errors.js";
import type { BirdGrid } from "../geometry/boxes/bird-grid.js";
import { sizeOf } from "../graph/tensor.js";
import type { Field } from "./field.js";
import type { Move } from "./move.js";
import { fillPillars, PILLAR_CHANNELS, type PillarLimits, POINT_CHANNELS } from "./pillars.js";

/**
 * Points of each frame, the present one first, then ever earlier ones: x forward, y left, z up in the present
 * frame's coordinates (metres), and intensity.
 */
export interface Sweep {
  readonly frames: readonly Float32Array[];
}

/** How sweeps are read. Plain data. */
export interface SweepPlan {
  readonly grid: BirdGrid;
  /** Frames of a sample: the present one and earlier ones, each so many before the one after it. */
  readonly frames: number;
  readonly step: number;
}

/** How sweeps become arrays. */
export interface PillarPlan extends SweepPlan, PillarLimits {}

/** Throws UserError: sweeps only follow moves that keep the sensor where it is. */
export function refuseMove(kind: Move["kind"]): never {
  throw new UserError({
    code: "augmentation.sweep",
    what: "point clouds cannot follow this change of their picture",
    where: "augmentation",
    expected: "flip, rotate (squares), and changes of colour",
    got: { window: "a crop", stretch: "another size", cut: "a cut", mirror: "a flip", turn: "a turn" }[kind],
    fix: "Set `augmentation: [{name: flip}]`, or `augmentation: []`.",
  });
}

/** x and y after quarter turns, counter-clockwise, about the sensor. */
export function turnedPoint(x: number, y: number, quarters: number): readonly [number, number] {
  return quarters === 0 ? [x, y] : turnedPoint(-y, x, quarters - 1);
}

function changed(sweep: Sweep, change: (x: number, y: number) => readonly [number, number]): Sweep {
  const frames = sweep.frames.map((points) => {
    const out = points.slice();
    for (let at = 0; at < out.length; at += POINT_CHANNELS) {
      out.set(change(points[at], points[at + 1]), at);
    }
    return out;
  });
  return { frames };
}

/** Left and right change places in a mirror. Batches hold sweeps as pillars (`pillarField`) alone. */
export const sweepField: Field<Sweep> = {
  kind: "sweep",
  moved(sweep, move) {
    if (move.kind === "mirror") return changed(sweep, (x, y) => [x, -y]);
    if (move.kind === "turn") return changed(sweep, (x, y) => turnedPoint(x, y, move.quarters));
    return refuseMove(move.kind);
  },
  arrays: () => ({}),
  write: () => undefined,
};

/** What stands behind the name of a sweep's field in the name of its array. */
export const PILLARS = ".pillars";

/** Shape of the pillars of so many sweeps, [N, PILLAR_CHANNELS, frames * pillars, points]. */
export function pillarShape(count: number, { frames, pillars, points }: PillarPlan): readonly number[] {
  return [count, PILLAR_CHANNELS, frames * pillars, points];
}

/** Array `.pillars` (`pillarShape`): see `fillPillars`, frame after frame. */
export function pillarField(plan: PillarPlan): Field<Sweep> {
  return {
    ...sweepField,
    arrays: (count) => ({ [PILLARS]: pillarShape(count, plan) }),
    write(sweep, arrays, n) {
      const length = sizeOf(pillarShape(1, plan));
      fill(sweep, plan, arrays[PILLARS].subarray(n * length, (n + 1) * length));
    },
  };
}

/** The pillars of one sample's sweep. */
export function pillarArray(sweep: Sweep, plan: PillarPlan): Float32Array {
  const data = new Float32Array(sizeOf(pillarShape(1, plan)));
  fill(sweep, plan, data);
  return data;
}

function fill(sweep: Sweep, plan: PillarPlan, data: Float32Array): void {
  const { grid, frames, pillars } = plan;
  sweep.frames.slice(0, frames).forEach((cloud, frame) => {
    fillPillars(cloud, grid, plan, { data, row: frame * pillars, rows: frames * pillars });
  });
}

/** @file How sweeps are read where no network says how. */
import type { SweepPlan } from "../../fields/sweep.js";
import { gridSchema } from "../../tasks/boxes3d/spec.js";

/** Single sweeps, over the grid of the Waymo experiments. */
export const USUAL_SWEEPS: SweepPlan = { grid: gridSchema.parse({}), frames: 1, step: 1 };

/** @file A batch of sweeps with their boxes, as the loader makes it. */
import { stackStream } from "../../src/data/loading/stack.js";
import type { SweepDataset } from "../../src/data/sweeps/sweep-dataset.js";
import { MAIN_STREAM } from "../../src/fields/layout.js";
import { type PillarPlan, pillarField } from "../../src/fields/sweep.js";
import { gridSize } from "../../src/geometry/boxes/bird-grid.js";
import { labelFields } from "../../src/tasks/label-field.js";
import { SPLIT } from "./street-sweeps.js";

/** All arrays of the batch that a dataset's sweeps are, each of them once. */
export async function sweepBatch(
  { info, read }: SweepDataset,
  plan: PillarPlan,
): Promise<Record<string, Float32Array>> {
  const ids = info.splits[SPLIT];
  const [height, width] = gridSize(plan.grid);
  const layout = {
    ...{ samples: ids.length, size: { height, width }, frames: 1, views: [{ placed: false }] },
    ...{ given: { sweep: pillarField(plan) }, labels: labelFields(info.tasks), index: false, turns: false },
  };
  const drawn = [];
  for (const [index, id] of ids.entries()) {
    const sample = await read(SPLIT, id, Object.keys(info.tasks));
    drawn.push({ id, split: SPLIT, index, frames: [[{ sample, placement: null, turns: 0 }]] });
  }
  const arrays = Object.entries(stackStream(MAIN_STREAM, layout, drawn));
  return Object.fromEntries(arrays.map(([name, { data }]) => [name, data]));
}

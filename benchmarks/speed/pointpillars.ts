/**
 * @file The step of PointPillars for the speed benchmark: three sweeps of each of some streets, their boxes,
 * and how these move.
 */
import { sweepDataset } from "../../src/data/sweeps/sweep-dataset.js";
import { methods } from "../../src/methods/index.js";
import { pointPillars, pointPillarsModel } from "../../src/models/pointpillars/pointpillars.js";
import type { TermsPlan } from "../../src/step/plan.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { streetSweeps } from "../lib/street-sweeps.js";
import { sweepBatch } from "../lib/sweep-batch.js";

/** Metres. */
const CELL = 0.4;

export interface PointPillarsStep extends Pick<TermsPlan, "tasks" | "network" | "method"> {
  readonly batch: Readonly<Record<string, Float32Array>>;
}

/** The step on a grid of `rows` x `columns` cells about the sensor, with the batch that it is measured on. */
export async function pointPillarsStep(
  width: number,
  batchSize: number,
  [rows, columns]: readonly [number, number],
): Promise<PointPillarsStep> {
  const about = (cells: number) => [(-CELL * cells) / 2, (CELL * cells) / 2];
  const grid = { x: about(rows), y: about(columns), z: [-3, 2], cell: CELL };
  const options = { width, grid, pillars: 4000, points: 16, frames: 3, step: 1 };
  const network = pointPillars(pointPillarsModel.options.parse(options));
  const plan = network.pillars!;
  const source = streetSweeps({ sensor: "hdl-32e", snippets: batchSize, frames: plan.frames });
  const dataset = sweepDataset(source, plan);
  const { supervised } = methods;
  return {
    tasks: resolveTasks(dataset.info.tasks),
    network,
    method: { method: supervised, options: supervised.options.parse({}) },
    batch: await sweepBatch(dataset, plan),
  };
}

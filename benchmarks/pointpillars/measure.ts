/** @file How fast one network on one grid works on sweeps of so many points: loading, training, inference. */

import type { SweepSource } from "../../src/data/sweeps/source.js";
import { type SweepDataset, sweepDataset } from "../../src/data/sweeps/sweep-dataset.js";
import { pillarArray, type Sweep } from "../../src/fields/sweep.js";
import { gridSize } from "../../src/geometry/boxes/bird-grid.js";
import { encodeModel, lowerGraph, PORTABLE } from "../../src/graph/index.js";
import { methods } from "../../src/methods/index.js";
import type { Network } from "../../src/models/network.js";
import { pointPillars, pointPillarsModel } from "../../src/models/pointpillars/pointpillars.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../../src/runtime/engine.js";
import { foldForInference } from "../../src/runtime/fold-constants.js";
import { buildInference, networkInputOf } from "../../src/step/inference-graph.js";
import { detections } from "../../src/tasks/boxes3d/decode.js";
import type { BoxesSpec } from "../../src/tasks/boxes3d/spec.js";
import { type PredictionMap, resolveTasks } from "../../src/tasks/index.js";
import { compileProgram } from "../lib/compiled-program.js";
import { median } from "../lib/statistics.js";
import { SPLIT } from "../lib/street-sweeps.js";
import { sweepBatch } from "../lib/sweep-batch.js";
import { occupied, thinnedSource } from "./sweeps.js";

/** What is measured. */
export interface Case {
  /** Of the grid's sides. */
  readonly cells: number;
  /** Of a sweep. */
  readonly points: number;
}

export interface Scale {
  /** Of a cell, metres. */
  readonly cell: number;
  /** Of the network, and most points of a pillar. */
  readonly width: number;
  readonly pointsAPillar: number;
  /** Everything is repeated until so much time is over, three times at least. */
  readonly seconds: number;
  /** Of so many anchors, the likeliest, boxes are decoded and suppressed. */
  readonly candidates: number;
}

export interface Measured extends Case {
  /** Those that lie in the grid. */
  readonly pointsInside: number;
  readonly pillars: number;
  /** Most pillars of the network. */
  readonly limit: number;
  /** One thread, from points to pillars. */
  readonly loading: {
    readonly ms: number;
    readonly pillarsPerSecond: number;
    readonly pointsPerSecond: number;
  };
  /** A step on a batch of one sweep. */
  readonly training: { readonly ms: number; readonly framesPerSecond: number };
  /** The exported network, one sweep a run. */
  readonly inference: {
    readonly networkMs: number;
    readonly decodingMs: number;
    readonly framesPerSecond: number;
    readonly withBoxesPerSecond: number;
    /** Pillars made before, one after the other. */
    readonly fromPointsPerSecond: number;
  };
}

/** Room for pillars comes in so many. */
const ROOM = 500;

/** Milliseconds, the median of some runs after one that warms up. */
async function timed(seconds: number, run: () => unknown): Promise<number> {
  await run();
  const ms: number[] = [];
  const end = performance.now() + 1000 * seconds;
  while (ms.length < 3 || performance.now() < end) {
    const start = performance.now();
    await run();
    ms.push(performance.now() - start);
  }
  return median(ms);
}

/** A detector of single sweeps of a source, with just as much room as its first one takes. */
async function detectorOf(source: SweepSource, { cells, points }: Case, scale: Scale) {
  const half = (cells * scale.cell) / 2;
  const grid = { x: [-half, half], y: [-half, half], z: [-3, 2], cell: scale.cell } as const;
  const dataset = sweepDataset(thinnedSource(source, points), { grid, frames: 1, step: 1 });
  const [id] = dataset.info.splits[SPLIT];
  const { sweep } = await dataset.read(SPLIT, id, []);
  const inside = occupied(sweep!.frames[0], grid);
  const limit = ROOM * Math.ceil(inside.pillars / ROOM);
  const options = { width: scale.width, grid, pillars: limit, points: scale.pointsAPillar, frames: 1 };
  return { dataset, sweep: sweep!, inside, network: pointPillars(pointPillarsModel.options.parse(options)) };
}

async function trainingMs(
  engine: Engine,
  dataset: SweepDataset,
  network: Network,
  seconds: number,
): Promise<number> {
  const { supervised } = methods;
  const plan = network.pillars!;
  const { step, feeds } = await compileProgram(engine, {
    tasks: resolveTasks(dataset.info.tasks),
    ...{ network, batchSize: 1, size: gridSize(plan.grid) },
    method: { method: supervised, options: supervised.options.parse({}) },
  });
  const batch = { ...(await sweepBatch(dataset, plan)), ...(await feeds(0)) };
  const ms = await timed(seconds, () => step.run(batch));
  await step.release();
  return ms;
}

/** What a network without training predicts of a sweep, and how long that takes as it is exported. */
async function predicted(
  engine: Engine,
  dataset: SweepDataset,
  network: Network,
  sweep: Sweep,
  seconds: number,
): Promise<{ ms: number; map: PredictionMap }> {
  const size = gridSize(network.pillars!.grid);
  const tasks = resolveTasks(dataset.info.tasks);
  const { predictions, modules } = buildInference({ tasks, network, batchSize: 1, size });
  const variables = modules.all();
  const weights = new Map(variables.map((each) => [each.name, modules.initialValue(each, 0)]));
  const [task] = tasks;
  const folded = await foldForInference(engine, { tensors: [predictions[task.name]], weights });
  const graph = lowerGraph([{ name: task.name, tensor: folded.tensors[0] }], PORTABLE, folded.weights);
  const session = await openSession(engine, encodeModel(graph), { optimize: true });
  const { name, shape } = networkInputOf(network, size);
  const type = { shape: [1, ...shape], dtype: "float32" } as const;
  const feed = toOrtTensor(engine, type, pillarArray(sweep, network.pillars!));
  const run = () => session.run({ [name]: feed });
  const ms = await timed(seconds, run);
  const output = (await run())[task.name];
  await session.release();
  const [height, width] = size;
  return { ms, map: { channels: output.dims[1], height, width, data: fromOrtTensor(output) } };
}

/** The score that just so many anchors reach. */
function scoreOf({ data, height, width }: PredictionMap, spec: BoxesSpec, candidates: number): number {
  const classes = Object.keys(spec.detect).length;
  const logits = data.slice(0, 2 * classes * classes * height * width).sort();
  const logit = logits[Math.max(0, logits.length - candidates)];
  return 1 / (1 + Math.exp(-logit));
}

export async function measure(
  engine: Engine,
  source: SweepSource,
  given: Case,
  scale: Scale,
): Promise<Measured> {
  const { dataset, sweep, inside, network } = await detectorOf(source, given, scale);
  const { seconds } = scale;
  const plan = network.pillars!;
  const loading = await timed(seconds, () => pillarArray(sweep, plan));
  const training = await trainingMs(engine, dataset, network, seconds);
  const { ms, map } = await predicted(engine, dataset, network, sweep, seconds);
  const [spec] = Object.values(dataset.info.tasks) as BoxesSpec[];
  const likely = { ...spec, score: scoreOf(map, spec, scale.candidates) };
  const decoding = await timed(seconds, () => detections(map, likely));
  const second = (milliseconds: number) => 1000 / milliseconds;
  return {
    ...given,
    ...{ pointsInside: inside.points, pillars: inside.pillars, limit: plan.pillars },
    loading: {
      ms: loading,
      pillarsPerSecond: inside.pillars * second(loading),
      pointsPerSecond: given.points * second(loading),
    },
    training: { ms: training, framesPerSecond: second(training) },
    inference: {
      ...{ networkMs: ms, decodingMs: decoding, framesPerSecond: second(ms) },
      withBoxesPerSecond: second(ms + decoding),
      fromPointsPerSecond: second(loading + ms + decoding),
    },
  };
}

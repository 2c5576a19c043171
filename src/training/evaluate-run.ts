/** @file Measuring a finished run: its weights on a split of its own data or of another dataset. */
import { existsSync } from "node:fs";
import { UserError } from "../common/errors.js";
import { knownTasks } from "../data/derived-tasks.js";
import { openDataset } from "../data/formats/index.js";
import { classesOf } from "../data/label-look.js";
import { unknownName } from "../data/names.js";
import { SkipLog } from "../data/sound-samples.js";
import type { Dataset, DatasetSource, SkippedFile } from "../data/types.js";
import type { Network } from "../models/network.js";
import type { RunPaths } from "../runs/run-folder.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { StateStore } from "../runtime/state-store.js";
import { buildInference } from "../step/inference-graph.js";
import { Predictor } from "../step/predictor.js";
import { resolveTasks } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import type { RunConfig } from "./config/index.js";
import { type EvaluateOptions, evaluateSplit, type TaskMetrics } from "./evaluate.js";
import { checkpointOf, loadWeights, type WhichCheckpoint } from "./export.js";
import { type KeptData, keptData } from "./kept-data.js";
import { networkOf } from "./parts.js";
import { predictedTasks, sourceOf } from "./run-data.js";
import { runConfig } from "./run-files.js";

export interface EvaluateRunOptions extends Pick<EvaluateOptions, "onSample" | "onProgress"> {
  /** Default `test`. */
  readonly split?: string;
  readonly checkpoint?: WhichCheckpoint;
  /** Another dataset folder with the run's tasks. */
  readonly data?: string;
  readonly log?: (message: string) => void;
}

export interface RunEvaluation {
  readonly split: string;
  /** Path of the checkpoint measured. */
  readonly checkpoint: string;
  /** How many were measured. */
  readonly images: number;
  readonly metrics: TaskMetrics;
  readonly tasks: readonly Task[];
  /** Images and labels that could not be read and were left out. */
  readonly skipped: readonly SkippedFile[];
}

/** Measures a run. Throws UserError where it has no checkpoint, or the data lacks the split or a task. */
export async function evaluateRun(run: RunPaths, options: EvaluateRunOptions = {}): Promise<RunEvaluation> {
  const { split = "test", onSample, onProgress, log = () => undefined } = options;
  const config = await runConfig(run);
  const network = networkOf(config);
  const kept = await keptData(run);
  const checkpoint = checkpointOf(run, options.checkpoint);
  const source = await dataToMeasure(config, kept, options);
  const dataset = await openDataset(source);
  if (!Object.hasOwn(dataset.info.splits, split)) {
    throw unknownName("split", split, Object.keys(dataset.info.splits), source.path);
  }
  const tasks = sameTasks(dataset, network, kept.tasks, source.path);
  const engine = await nodeEngine({ provider: config.runtime.provider, threads: config.runtime.threads });
  const store = new StateStore(engine);
  const { modules } = buildInference({ tasks: kept.tasks, network, batchSize: 1, size: kept.size });
  for (const [name, data] of await loadWeights(checkpoint, modules.all())) {
    store.write(name, modules.get(name)!.tensor.shape, data);
  }
  const { batchSize } = config.evaluation;
  const predictor = await Predictor.create(engine, store, { tasks, network, batchSize, size: kept.size });
  const skips = new SkipLog();
  const onSkipped = (skipped: readonly SkippedFile[]) => {
    for (const { reason } of skips.add(skipped)) log(`warning: left out: ${reason}`);
  };
  try {
    let images = 0;
    const metrics = await evaluateSplit(predictor, {
      ...{ source, split, onProgress, onSkipped },
      onSample: (...measured) => {
        images++;
        onSample?.(...measured);
      },
    });
    return { split, checkpoint, images, metrics, tasks, skipped: skips.all };
  } finally {
    await predictor.release();
  }
}

/** The run's own data or another folder, its images at the size that the run was trained at. */
async function dataToMeasure(
  config: RunConfig,
  { size }: KeptData,
  { data, log = () => undefined }: EvaluateRunOptions,
): Promise<DatasetSource> {
  if (data !== undefined) return { format: "folder", path: data, size };
  const source = await sourceOf(config, log);
  if ("path" in config.data && !existsSync(source.path)) {
    throw new UserError({
      code: "data.moved",
      what: "the run's data is no longer there",
      where: source.path,
      fix: "Say where it is now: `--data`, a dataset folder.",
    });
  }
  return { ...source, size };
}

/**
 * The run's tasks as the dataset stores them.
 * @throws UserError `data.other-task` where one means something else than what was trained.
 */
function sameTasks(
  { info }: Dataset,
  network: Network,
  trained: readonly Task[],
  path: string,
): readonly Task[] {
  const names = trained.map(({ name }) => name);
  const tasks = predictedTasks(network, resolveTasks(knownTasks(info), names));
  tasks.forEach((task, i) => {
    const [expected, got] = [meaningOf(trained[i]), meaningOf(task)];
    if (expected === got) return;
    throw new UserError({
      code: "data.other-task",
      where: `${path}: ${task.name}`,
      what: "the task is not the one that the run was trained on",
      expected,
      got,
      fix: "Give the dataset the run's classes, in their order, or measure on data of the same task.",
    });
  });
  return tasks;
}

/** What a network's output for a task stands for, in words. */
function meaningOf(task: Task): string {
  const { kind, spec } = task;
  const classes = classesOf(task);
  const named = classes.length === 0 ? "" : `: ${classes.join(", ")}`;
  return `kind ${kind.kind} with ${kind.learning.channels(spec)} output channels${named}`;
}

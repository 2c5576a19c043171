/** @file Measuring a finished run: its weights on a split of its own data or of another dataset. */
import { SkipLog } from "../data/sound-samples.js";
import type { SkippedFile } from "../data/types.js";
import { savedSteps } from "../runs/checkpoint.js";
import type { RunPaths } from "../runs/run-folder.js";
import { Predictor } from "../step/predictor.js";
import type { Measuring } from "../tasks/measure.js";
import type { Task } from "../tasks/task.js";
import { type EvaluateOptions, evaluateSplit, type TaskMetrics } from "./evaluate.js";
import type { WhichCheckpoint } from "./export.js";
import { Findings, type TaskFindings } from "./findings/findings.js";
import { openKeptNetwork } from "./kept-network.js";
import { type MeasuredData, type OtherData, openMeasuredData } from "./measured-data.js";
import { shownImages } from "./shown-images.js";

export interface EvaluateRunOptions extends OtherData, Pick<EvaluateOptions, "onSample" | "onProgress"> {
  /** Default `test`. */
  readonly split?: string;
  readonly checkpoint?: WhichCheckpoint;
  /** In place of the run's own. */
  readonly measuring?: Pick<Measuring, "mean" | "medianScaling">;
  /** Finds out about single images and classes, too, and draws so many of the worst and of all. */
  readonly findings?: { readonly worst: number; readonly images: number };
  readonly log?: (message: string) => void;
}

export interface RunEvaluation {
  readonly split: string;
  /** Path of the checkpoint measured. */
  readonly checkpoint: string;
  /** Steps done at each of the run's checkpoints. */
  readonly checkpoints: Readonly<Partial<Record<WhichCheckpoint, number>>>;
  /** How many were measured. */
  readonly images: number;
  readonly metrics: TaskMetrics;
  readonly measuring: Required<Pick<Measuring, "mean" | "medianScaling">>;
  readonly tasks: readonly Task[];
  /** Names of the run's tasks that the data lacks. */
  readonly lacking: readonly string[];
  /** By task, where classes were mapped. */
  readonly shared: MeasuredData["shared"];
  /** What was asked for by `findings`. */
  readonly findings?: readonly TaskFindings[];
  /** Images and labels that could not be read and were left out. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Measures a run. Throws UserError where it has no checkpoint, or the data lacks the split or every task, or
 * its tasks are others.
 */
export async function evaluateRun(run: RunPaths, options: EvaluateRunOptions = {}): Promise<RunEvaluation> {
  const { split = "test", onProgress, log = () => undefined } = options;
  const opened = await openKeptNetwork(run, options.checkpoint);
  const { config, kept, network, checkpoint, engine, store } = opened;
  const data = await openMeasuredData(opened, split, options, log);
  const { source, dataset, tasks, lacking, shared } = data;
  const { mean, medianScaling } = { ...config.evaluation, ...options.measuring };
  const measuring = { mean, medianScaling };
  const { batchSize } = config.evaluation;
  const predictor = await Predictor.create(engine, store, { tasks, network, batchSize, size: kept.size });
  const skips = new SkipLog();
  const onSkipped = (skipped: readonly SkippedFile[]) => {
    for (const { reason } of skips.add(skipped)) log(`warning: left out: ${reason}`);
  };
  const findings =
    options.findings &&
    new Findings({
      tasks,
      ...{ measuring, shared, worst: options.findings.worst },
      chosen: await shownImages(dataset, split, options.findings.images, tasks),
    });
  let images = 0;
  const onSample: EvaluateOptions["onSample"] = (sample, predictions, index) => {
    images++;
    findings?.add(sample, predictions);
    options.onSample?.(sample, predictions, index);
  };
  try {
    const metrics = await evaluateSplit(predictor, {
      ...{ source, split, measuring, shared, onSample, onProgress, onSkipped },
    });
    return {
      ...{ split, checkpoint, checkpoints: await savedSteps(run.checkpoints), images, metrics, measuring },
      ...{ tasks, lacking, shared, skipped: skips.all },
      ...(findings && { findings: await findings.result() }),
    };
  } finally {
    await predictor.release();
  }
}

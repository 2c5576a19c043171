/**
 * @file A whole run: opens or resumes its folder, trains, and leaves checkpoints, logs, pictures and a model
 * behind.
 */
import { SkipLog } from "../data/sound-samples.js";
import type { LabelAssignment, SkippedFile } from "../data/types.js";
import { checkpointPath, resumeCheckpoint } from "../runs/checkpoint.js";
import { type Recorder, recordListener } from "../runs/metrics-log.js";
import { openRunFolder, type RunFolder } from "../runs/run-folder.js";
import { nodeEngine } from "../runtime/engine.node.js";
import { Trainer } from "../step/trainer.js";
import type { Task } from "../tasks/task.js";
import { samplesOf } from "./batch-plan.js";
import type { RunConfig, SettledConfig } from "./config/index.js";
import type { TaskMetrics } from "./evaluate.js";
import { exportRun } from "./export.js";
import { checkRunLabels } from "./label-check.js";
import { type EvaluationPlace, type LoopOptions, type LoopOutcome, runLoop } from "./loop.js";
import { openRun } from "./open-run.js";
import { networkOf, resolve } from "./parts.js";
import { countParameters, peakMemoryBytes, type Resources, writeResources } from "./resources.js";
import { openRunData, type RunData, runLabels } from "./run-data.js";
import { requireSelectionMetric } from "./selection.js";
import { requireStartingRuns, startFromRuns } from "./starting-runs.js";
import { checkStreams } from "./stream-check.js";
import { checkSweeps } from "./sweep-check.js";
import { requireFittingWeights } from "./weights.js";

export interface TrainOptions {
  readonly config: RunConfig;
  /** The run folder: new, or with `resume` one that a run was started in. */
  readonly folder: string;
  readonly resume?: boolean;
  /** Further listeners, e.g. a progress bar. They are closed at the end. */
  readonly recorders?: readonly Recorder[];
  /** Messages for people, one a line. */
  readonly log?: (message: string) => void;
  /** Told when data and labels are at hand, before anything is built. */
  readonly onPrepared?: (prepared: {
    readonly config: SettledConfig;
    readonly data: RunData;
    readonly labels: LabelAssignment;
  }) => void;
  /** Told when the graph of the step is built and about to be compiled, which may take a while. */
  readonly onBuilt?: (built: Pick<Resources, "parameters">) => void;
  /** Told when the first step is about to be done. */
  readonly onStart?: (start: {
    /** Steps done. */
    readonly step: number;
    /** Steps of the whole run. */
    readonly steps: number;
    readonly data: RunData;
    readonly labels: LabelAssignment;
  }) => void;
  /** Told how far an evaluation is: when it begins, and batch by batch. */
  readonly onEvaluation?: (at: EvaluationPlace) => void;
  /** Aborting finishes the step at hand, saves, and returns. */
  readonly signal?: AbortSignal;
}

export interface TrainResult {
  /** `stopped`: by early stopping. `interrupted`: by the signal; the run can be resumed. */
  readonly outcome: LoopOutcome["outcome"];
  /** Steps done. */
  readonly step: number;
  /** Steps of the whole run. */
  readonly steps: number;
  readonly folder: string;
  /** The last evaluation of this session, if there was one. */
  readonly metrics: TaskMetrics | undefined;
  readonly tasks: readonly Task[];
  /** Files of this session that could not be used, each once. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Trains a run to its end, or goes on with it.
 * @throws UserError on anything the user can mend: data, configuration, disk, a diverging loss. What was
 * saved before is then intact.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const { config, log = () => undefined, resume = false } = options;
  const network = networkOf(config);
  const data = await openRunData(config, network, log);
  for (const [metric, key] of [
    [config.checkpoint.best, "checkpoint.best"],
    [config.earlyStopping?.metric, "earlyStopping.metric"],
  ] as const) {
    if (metric) requireSelectionMetric(metric, data.tasks, key);
  }
  // Files that a warning has named already.
  const skips = new SkipLog();
  if (!resume) {
    requireStartingRuns(config);
    await requireFittingWeights(config, network, data.tasks, data.size, log);
    const onBlank: Parameters<typeof checkRunLabels>[3] = (label) =>
      skips.add([{ ...label, reason: "no pixel of the label is valid" }]);
    for (const warning of await checkRunLabels(config, data, log, onBlank)) log(`warning: ${warning}`);
    const labels = await runLabels(config, data);
    for (const warning of checkStreams(config, data, labels)) log(`warning: ${warning}`);
    for (const warning of await checkSweeps(data, network)) log(`warning: ${warning}`);
  }
  const run = await openRunFolder(options.folder, { resume });
  // From the first step's record on.
  let started = false;
  try {
    return await trainIn(run, data, { ...options, log, skips }, () => {
      started = true;
    });
  } catch (error) {
    if (!started) await run.abandon();
    throw error;
  } finally {
    run.close();
  }
}

async function trainIn(
  run: RunFolder,
  data: RunData,
  { log, skips, ...options }: TrainOptions & Pick<LoopOptions, "log" | "skips">,
  onStart: () => void,
): Promise<TrainResult> {
  const { onPrepared, onBuilt, onStart: told, onEvaluation, signal, resume = false } = options;
  const { provider, threads } = options.config.runtime;
  const engine = await nodeEngine({ provider, threads });
  const open = await openRun({
    ...{ run, data, log, resume, config: options.config, loads: true },
    compile: async (prepared) => {
      onPrepared?.(prepared);
      return Trainer.create(
        engine,
        resolve(prepared.config, data, samplesOf(prepared.config, data, prepared.labels)),
        ({ modules }) => onBuilt?.({ parameters: countParameters(modules) }),
      );
    },
    saved: async () => {
      const checkpoint = await resumeCheckpoint(run.checkpoints, log);
      return checkpoint && { checkpoint, path: checkpointPath(run.checkpoints, "last") };
    },
    startValues: startFromRuns,
    recorders: [...(options.recorders ?? []), recordListener(onStart)],
  });
  const { config, labels, trainer, recorder, start } = open;
  const loader = open.loader!;
  try {
    told?.({ step: start.step, steps: config.steps, data, labels });
    const outcome = await runLoop({ ...open, loader, engine, skips, onEvaluation, signal });
    await writeResources(run.resources, {
      peakMemoryBytes: peakMemoryBytes(),
      parameters: countParameters(trainer.program.modules),
      ...(outcome.skipped.length > 0 && { skipped: outcome.skipped }),
    });
    if (outcome.skipped.length > 0) {
      const s = outcome.skipped.length > 1 ? "s" : "";
      log(
        `warning: ${outcome.skipped.length} file${s} could not be used, named above and in ${run.resources}`,
      );
    }
    if (outcome.outcome !== "interrupted") await exportRun(run);
    return { ...outcome, steps: config.steps, folder: run.folder, tasks: data.tasks };
  } finally {
    recorder.close();
    await loader.close();
    await trainer.release();
  }
}

/**
 * @file The parts of a run, opened in an order of which any step may fail: what is written down, the compiled
 * steps, their values, and only then what listens and what loads.
 */
import type { Loader, Positions } from "../data/loading/loader.js";
import type { LabelAssignment } from "../data/types.js";
import type { Checkpoint } from "../runs/checkpoint.js";
import { tensorBoardRecorder } from "../runs/events.js";
import { allRecorders, jsonLinesRecorder, type Recorder } from "../runs/metrics-log.js";
import type { RunFolder } from "../runs/run-folder.js";
import type { Trainer } from "../step/trainer.js";
import { openTrainingLoader } from "./batch-plan.js";
import { type RunConfig, runDigest, type SettledConfig } from "./config/index.js";
import { keepData } from "./kept-data.js";
import type { RunData } from "./run-data.js";
import { settleConfig, settleLabels } from "./run-files.js";
import { restoreArrays } from "./run-state.js";
import { FRESH_MEMORY, memoryOf } from "./selection.js";
import { importWeights } from "./weights.js";

/** Where a run stands when a session of it begins. */
export interface RunStart {
  /** Steps done. */
  readonly step: number;
  /** Of each stream, its next batch. */
  readonly positions: Positions;
  readonly best: Checkpoint["state"]["best"];
  readonly memory: ReturnType<typeof memoryOf>;
}

/** What a run has written down of itself. */
export interface PreparedRun {
  readonly config: SettledConfig;
  readonly data: RunData;
  readonly labels: LabelAssignment;
}

export interface OpenRunOptions {
  readonly run: RunFolder;
  readonly config: RunConfig;
  readonly data: RunData;
  /** Messages for people, one a line. */
  readonly log: (message: string) => void;
  /** Builds and compiles what the run's steps are made of; the trainer's store holds all of its values. */
  compile(prepared: PreparedRun): Promise<Trainer>;
  /** Whether the run is gone on with. */
  readonly resume: boolean;
  /** What a run that is gone on with goes on from; undefined where it had saved nothing. */
  saved(): Promise<{ readonly checkpoint: Checkpoint; readonly path: string } | undefined>;
  /** Further starting values of a run that goes on from nothing. */
  startValues?(trainer: Trainer, config: SettledConfig): Promise<void>;
  /** Further listeners, told after the run's own logs. */
  readonly recorders?: readonly Recorder[];
  /** Whether the run learns from batches of its own. */
  readonly loads: boolean;
}

/** An open run. Whoever opened it closes recorder and loader, and releases the trainer. */
export interface OpenRun extends PreparedRun {
  readonly run: RunFolder;
  readonly trainer: Trainer;
  readonly start: RunStart;
  readonly recorder: Recorder;
  readonly loader: Loader | null;
  /** Digest of the configuration, saved with each checkpoint. */
  readonly digest: string;
  readonly log: (message: string) => void;
}

/** Opens a run whose data is there. Throws UserError on anything the user can mend. */
export async function openRun(options: OpenRunOptions): Promise<OpenRun> {
  const { run, data, log, resume } = options;
  const config = await settleConfig(run, options.config, data);
  await keepData(run, data, (change) => log(`warning: ${change}`));
  const labels = await settleLabels(run, config, data, log, options.loads);
  const prepared: PreparedRun = { config, data, labels };
  const trainer = await options.compile(prepared);
  const saved = resume ? await options.saved() : undefined;
  if (saved !== undefined) restoreArrays(trainer, saved.checkpoint, saved.path);
  else {
    await importWeights(trainer, config, log);
    await options.startValues?.(trainer, config);
  }
  const start = startOf(saved?.checkpoint);
  const resumeStep = resume ? start.step : undefined;
  const loader = options.loads ? await openTrainingLoader(config, data, labels, start.positions) : null;
  const recorder = allRecorders([
    jsonLinesRecorder(run.metrics, resumeStep),
    tensorBoardRecorder(run.folder, resumeStep),
    ...(options.recorders ?? []),
  ]);
  return { ...prepared, run, trainer, start, recorder, loader, digest: runDigest(config), log };
}

function startOf(saved: Checkpoint | undefined): RunStart {
  if (saved === undefined) return { step: 0, positions: {}, best: null, memory: FRESH_MEMORY };
  const { step, positions, best, extra } = saved.state;
  return { step, positions, best, memory: memoryOf(extra) };
}

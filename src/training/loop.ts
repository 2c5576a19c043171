/**
 * @file The loop: step, record, evaluate, choose, save; in an order that a kill at any moment cannot spoil.
 */
import type { Loader } from "../data/loading/loader.js";
import type { SkipLog } from "../data/sound-samples.js";
import type { Batch, SkippedFile } from "../data/types.js";
import { MAIN_STREAM } from "../fields/layout.js";
import { checkpointPath, saveCheckpoint } from "../runs/checkpoint.js";
import type { Recorder, StepRecord } from "../runs/metrics-log.js";
import type { RunFolder } from "../runs/run-folder.js";
import type { Engine } from "../runtime/engine.js";
import { Disagreement } from "../step/disagreement.js";
import { Predictor } from "../step/predictor.js";
import { runSession, type Turn } from "../step/session.js";
import type { StepResult, Trainer } from "../step/trainer.js";
import type { SettledConfig } from "./config/index.js";
import { requireFiniteLosses } from "./divergence.js";
import { evaluateSplit, type TaskMetrics } from "./evaluate.js";
import type { DrawnSample } from "./findings/drawn-size.js";
import { writeFindings } from "./findings/files.js";
import { Findings, type FindingsOptions } from "./findings/findings.js";
import type { RunStart } from "./open-run.js";
import type { RunData } from "./run-data.js";
import { arraysToSave } from "./run-state.js";
import { keepDrawn, writeSamples } from "./samples.js";
import { judge, type SelectionMemory } from "./selection.js";
import { shownImages } from "./shown-images.js";

export interface LoopOptions {
  readonly config: SettledConfig;
  readonly data: RunData;
  readonly run: RunFolder;
  readonly engine: Engine;
  readonly trainer: Pick<Trainer, "plan" | "program" | "store" | "evaluated" | "step">;
  readonly loader: Pick<Loader, "position" | "next">;
  readonly recorder: Recorder;
  /** Digest of the configuration, saved with each checkpoint. */
  readonly digest: string;
  readonly start: RunStart;
  /** Told how many images of an evaluation are done. */
  readonly onEvaluation?: (at: EvaluationPlace) => void;
  readonly signal?: AbortSignal;
  /** Messages for people, one a line. */
  readonly log: (message: string) => void;
  /** Files that could not be used and were told of. */
  readonly skips: SkipLog;
}

/** How far an evaluation is, in images. */
export interface EvaluationPlace {
  readonly split: string;
  readonly done: number;
  readonly total: number;
}

export interface LoopOutcome {
  readonly outcome: "done" | "stopped" | "interrupted";
  readonly step: number;
  readonly metrics: TaskMetrics | undefined;
  /** Files of this session that could not be used, each once. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Trains until the last step, early stopping or the signal. Throws UserError, e.g. where a loss is no number.
 */
export async function runLoop(options: LoopOptions): Promise<LoopOutcome> {
  const loop = new Loop(options);
  try {
    return await loop.run();
  } finally {
    await loop.release();
  }
}

/**
 * What a run does beside its steps: records, evaluates, chooses, saves. `run` takes the steps, too; a
 * collective takes those of its modules and tells each module's loop.
 */
export class Loop {
  readonly #options: LoopOptions;
  #step: number;
  /** That of the last batch taken of `main`. */
  #epoch = 0;
  #savedAt: number;
  #best: RunStart["best"];
  #memory: SelectionMemory;
  #evaluations = 0;
  /** Ids of the images that are drawn. */
  #shown: ReadonlySet<string> | undefined;
  #metrics: TaskMetrics | undefined;
  #predictor: Predictor | undefined;
  #disagreement: Disagreement | undefined;

  constructor(options: LoopOptions) {
    const { step, best, memory } = options.start;
    this.#options = options;
    this.#step = step;
    this.#savedAt = step;
    this.#best = best;
    this.#memory = memory;
    this.#evaluations = Math.floor(step / options.config.evaluation.every);
  }

  async run(): Promise<LoopOutcome> {
    const { config, signal, trainer, start } = this.#options;
    let interrupted = false;
    const turn: Turn = { module: "", trainer, batches: { next: () => this.nextBatch() } };
    await runSession([turn], {
      from: start.step,
      to: this.#memory.stopped ? start.step : config.steps,
      hooks: {
        before: () => {
          interrupted = signal?.aborted === true;
          return !interrupted;
        },
        turned: (_turn, result, done, seconds) => this.record(result, done, seconds),
        after: () => this.afterStep(),
      },
    });
    return await this.ended(interrupted);
  }

  /** Evaluates, chooses and saves where it is time for it; whether the run goes on. */
  async afterStep(): Promise<boolean> {
    const { evaluation, checkpoint, steps } = this.#options.config;
    const last = this.#step === steps;
    // The checkpoint comes last: whatever was recorded before it is never asked for again, whatever comes
    // after it is repeated.
    if (evaluation.split !== null && (last || this.#step % evaluation.every === 0)) {
      await this.#evaluate(evaluation.split);
    }
    if (last || this.#memory.stopped || this.#step % checkpoint.every === 0) await this.save();
    return !this.#memory.stopped;
  }

  async release(): Promise<void> {
    await this.#predictor?.release();
    await this.#disagreement?.release();
  }

  /** The next batch of the run's loader; warns of files that it had to do without. */
  async nextBatch(): Promise<Batch> {
    const { loader } = this.#options;
    this.#epoch = loader.position()[MAIN_STREAM].epoch;
    const batch = await loader.next();
    this.#skip(batch.skipped ?? []);
    return batch;
  }

  /** Warns of files that were not known to be bad. */
  #skip(skipped: readonly SkippedFile[]): void {
    const { log, skips } = this.#options;
    for (const { task, reason } of skips.add(skipped)) {
      log(`warning: skipped ${task === null ? "an image" : `a ${task} label`}: ${reason}`);
    }
  }

  /** Records a step, `done` counting it. Throws UserError where a loss is no number. */
  record(
    result: StepResult,
    done: number,
    seconds: number,
    more: Pick<StepRecord, "consistency"> = {},
  ): void {
    this.#step = done;
    requireFiniteLosses(result, done, this.#lastGood());
    this.#options.recorder.record({ ...stepRecord(result, done, this.#epoch, seconds), ...more });
  }

  async #evaluate(split: string): Promise<void> {
    const { config, data, run, recorder, trainer, engine } = this.#options;
    const plan = { ...trainer.plan, batchSize: config.evaluation.batchSize };
    this.#predictor ??= await Predictor.create(engine, trainer.store, plan, trainer.evaluated);
    this.#evaluations++;
    const drawing = (this.#evaluations - 1) % config.samples.every === 0 || this.#step === config.steps;
    const drawn: DrawnSample[] = [];
    this.#shown ??= await shownImages(data.dataset, split, config.samples.count, data.tasks);
    const findings = new Findings({
      ...{
        tasks: data.tasks,
        measuring: config.evaluation,
        disagreement: drawing ? await this.#comparing() : undefined,
      },
    });
    const { onEvaluation } = this.#options;
    const metrics = await evaluateSplit(this.#predictor, {
      source: data.source,
      split,
      measuring: config.evaluation,
      onSample: (sample, predictions) => {
        if (!drawing) return;
        findings.add(sample, predictions);
        if (this.#shown?.has(sample.id)) drawn.push(keepDrawn({ sample, predictions }, data.tasks));
      },
      onSkipped: (skipped) => this.#skip(skipped),
      onProgress: (done, total) => onEvaluation?.({ split, done, total }),
    });
    const rules = { best: config.checkpoint.best, earlyStopping: config.earlyStopping };
    const { memory, isBest } = judge(this.#memory, rules, data.tasks, metrics, this.#step);
    this.#memory = memory;
    this.#metrics = metrics;
    const { epoch } = this.#options.loader.position()[MAIN_STREAM];
    recorder.record({ kind: "evaluation", step: this.#step, epoch, split, metrics, best: isBest });
    await writeSamples(run.samples, drawn, data.tasks, this.#step, recorder);
    if (drawing)
      await writeFindings(run.evaluation, { split, step: this.#step, tasks: await findings.result() });
    if (!isBest) return;
    this.#best = { metric: rules.best!, value: memory.best!.score, step: this.#step };
    await this.#write("best");
  }

  /** Compares tasks where the method can, whose helper networks read whole predictions, not windows. */
  async #comparing(): Promise<FindingsOptions["disagreement"]> {
    const { data, engine, trainer } = this.#options;
    if (data.source.resize === "crop") return undefined;
    this.#disagreement ??= await Disagreement.create(engine, trainer.store, trainer.plan);
    const found = this.#disagreement;
    return found && ((predictions) => found.of(predictions));
  }

  /** Saves where the run stands. */
  async save(): Promise<void> {
    this.#options.recorder.flush();
    await this.#write("last");
    this.#savedAt = this.#step;
  }

  async #write(name: "last" | "best"): Promise<void> {
    const { trainer, run, loader, digest } = this.#options;
    // A run is resumed from its last checkpoint; the best one is for evaluation and export.
    const content = await arraysToSave(trainer, name === "last" ? "everything" : "network", this.#lastGood());
    await saveCheckpoint(run.checkpoints, name, {
      ...content,
      evaluated: trainer.evaluated.name,
      state: {
        step: this.#step,
        positions: loader.position(),
        best: this.#best,
        configDigest: digest,
        extra: this.#memory,
      },
    });
  }

  /** How the run ended; one that was interrupted is saved first. */
  async ended(interrupted: boolean): Promise<LoopOutcome> {
    if (interrupted && this.#step > this.#savedAt) await this.save();
    const outcome = interrupted ? "interrupted" : this.#memory.stopped ? "stopped" : "done";
    return { outcome, step: this.#step, metrics: this.#metrics, skipped: this.#options.skips.all };
  }

  #lastGood(): string {
    if (this.#savedAt === 0) return "No checkpoint had been saved yet.";
    const path = checkpointPath(this.#options.run.checkpoints, "last");
    return `The last good checkpoint is ${path}, saved after step ${this.#savedAt}.`;
  }
}

function stepRecord(result: StepResult, step: number, epoch: number, seconds: number): StepRecord {
  const { losses, values, learningRates, images } = result;
  return {
    kind: "step",
    step,
    epoch,
    losses,
    learningRates,
    ...(Object.keys(values).length > 0 ? { values } : {}),
    timing: { seconds, imagesPerSecond: images / seconds },
  };
}

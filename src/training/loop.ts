/** @file The loop: step, record, evaluate, choose, save; in an order that a kill at any moment cannot spoil. */
import type { Loader } from "../data/loading/loader.js";
import { checkpointPath, saveCheckpoint } from "../runs/checkpoint.js";
import type { Recorder, StepRecord } from "../runs/metrics-log.js";
import type { RunFolder } from "../runs/run-folder.js";
import type { Engine } from "../runtime/engine.js";
import { requireTeachingLabels } from "./batch-check.js";
import type { RunConfig } from "./config/index.js";
import { requireFiniteLosses } from "./divergence.js";
import { evaluateSplit, type TaskMetrics } from "./evaluate.js";
import { Predictor } from "./inference.js";
import { networkOf } from "./parts.js";
import { type RunData, TRAIN_SPLIT } from "./run-data.js";
import { arraysToSave } from "./run-state.js";
import { type DrawnSample, keepDrawn, writeSamples } from "./samples.js";
import { judge, type SelectionMemory } from "./selection.js";
import type { RunStart } from "./train.js";
import type { StepResult, Trainer } from "./trainer.js";

export interface LoopOptions {
  readonly config: RunConfig;
  readonly data: RunData;
  readonly run: RunFolder;
  readonly engine: Engine;
  readonly trainer: Trainer;
  readonly loader: Loader;
  readonly recorder: Recorder;
  /** Digest of the configuration, saved with each checkpoint. */
  readonly digest: string;
  readonly start: RunStart;
  readonly signal?: AbortSignal;
}

export interface LoopOutcome {
  readonly outcome: "done" | "stopped" | "interrupted";
  readonly step: number;
  readonly metrics: TaskMetrics | undefined;
}

/** Trains until the last step, early stopping or the signal. Throws UserError, e.g. where a loss is no number. */
export async function runLoop(options: LoopOptions): Promise<LoopOutcome> {
  const loop = new Loop(options);
  try {
    return await loop.run();
  } finally {
    await loop.release();
  }
}

class Loop {
  readonly #options: LoopOptions;
  #step: number;
  #savedAt: number;
  #best: RunStart["best"];
  #memory: SelectionMemory;
  #evaluations = 0;
  #metrics: TaskMetrics | undefined;
  #predictor: Predictor | undefined;

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
    const { config, signal } = this.#options;
    while (this.#step < config.steps && !this.#memory.stopped) {
      if (signal?.aborted) return this.#interrupted();
      await this.#trainStep();
      const last = this.#step === config.steps;
      // The checkpoint comes last: whatever was recorded before it is never asked for again, whatever comes after it is repeated.
      if (config.evaluation.split !== null && (last || this.#step % config.evaluation.every === 0)) {
        await this.#evaluate(config.evaluation.split);
      }
      if (last || this.#memory.stopped || this.#step % config.checkpoint.every === 0) await this.#save();
    }
    return { outcome: this.#memory.stopped ? "stopped" : "done", step: this.#step, metrics: this.#metrics };
  }

  async release(): Promise<void> {
    await this.#predictor?.release();
  }

  async #trainStep(): Promise<void> {
    const { config, trainer, loader, recorder, data } = this.#options;
    const tasks = data.tasks.map(({ name }) => name);
    const splitOf = (n: number) =>
      n < config.batchSize ? TRAIN_SPLIT : (config.append?.split ?? TRAIN_SPLIT);
    const next = async () => {
      const batch = await loader.next();
      await requireTeachingLabels(batch, data.dataset, tasks, splitOf);
      return batch;
    };
    const { epoch } = loader.position();
    const begun = performance.now();
    const result = await trainer.step({ next }, this.#step);
    const seconds = (performance.now() - begun) / 1000;
    this.#step++;
    requireFiniteLosses(result, this.#step, this.#lastGood());
    recorder.record(stepRecord(result, this.#step, epoch, seconds));
  }

  async #evaluate(split: string): Promise<void> {
    const { config, data, run, recorder, trainer, engine } = this.#options;
    this.#predictor ??= await Predictor.create(engine, trainer.store, {
      tasks: data.tasks,
      network: networkOf(config),
      batchSize: config.evaluation.batchSize,
      size: data.size,
    });
    this.#evaluations++;
    const drawing = (this.#evaluations - 1) % config.samples.every === 0 || this.#step === config.steps;
    const drawn: DrawnSample[] = [];
    const metrics = await evaluateSplit(this.#predictor, {
      source: data.source,
      split,
      onSample: (sample, predictions, index) => {
        if (drawing && index < config.samples.count) drawn.push(keepDrawn({ sample, predictions }));
      },
    });
    const rules = { best: config.checkpoint.best, earlyStopping: config.earlyStopping };
    const { memory, isBest } = judge(this.#memory, rules, data.tasks, metrics, this.#step);
    this.#memory = memory;
    this.#metrics = metrics;
    const { epoch } = this.#options.loader.position();
    recorder.record({ kind: "evaluation", step: this.#step, epoch, split, metrics, best: isBest });
    await writeSamples(run.samples, drawn, data.tasks, this.#step, recorder);
    if (!isBest) return;
    this.#best = { metric: rules.best!, value: memory.best!.score, step: this.#step };
    await this.#write("best");
  }

  async #save(): Promise<void> {
    this.#options.recorder.flush();
    await this.#write("last");
    this.#savedAt = this.#step;
  }

  async #write(name: "last" | "best"): Promise<void> {
    const { trainer, run, loader, digest } = this.#options;
    // A run is resumed from its last checkpoint; the best one is for evaluation and export.
    const content = await arraysToSave(trainer, name === "last" ? "everything" : "network", this.#lastGood());
    const { epoch, step: batchInEpoch } = loader.position();
    await saveCheckpoint(run.checkpoints, name, {
      ...content,
      state: {
        step: this.#step,
        epoch,
        batchInEpoch,
        // All random numbers are functions of the seed and the step: there is no further state.
        random: null,
        data: null,
        best: this.#best,
        configDigest: digest,
        extra: this.#memory,
      },
    });
  }

  async #interrupted(): Promise<LoopOutcome> {
    if (this.#step > this.#savedAt) await this.#save();
    return { outcome: "interrupted", step: this.#step, metrics: this.#metrics };
  }

  #lastGood(): string {
    if (this.#savedAt === 0) return "No checkpoint had been saved yet.";
    const path = checkpointPath(this.#options.run.checkpoints, "last");
    return `The last good checkpoint is ${path}, saved after step ${this.#savedAt}.`;
  }
}

function stepRecord(result: StepResult, step: number, epoch: number, seconds: number): StepRecord {
  const { losses, values, learningRate, images } = result;
  return {
    kind: "step",
    step,
    epoch,
    losses,
    learningRate,
    ...(Object.keys(values).length > 0 ? { values } : {}),
    timing: { seconds, imagesPerSecond: images / seconds },
  };
}

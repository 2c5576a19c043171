/** @file The state of a training run and its compiled steps: batches in, loss terms out, everything else stays where it is. */
import type { Loader } from "../data/loading/loader.js";
import { sizeOf } from "../graph/tensor.js";
import { optimizerFeeds } from "../nn/training-graph.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import { StateStore } from "../runtime/state-store.js";
import type { RunConfig } from "./config/index.js";
import { noiseFeeds } from "./noise.js";
import { imagesPerBatch, learningRatesAt, methodOf, networkOf, optimizerOf } from "./parts.js";
import { buildTraining, MAIN_GROUP, rampFeeds, TOTAL_LOSS, type TrainingProgram } from "./program.js";
import type { RunData } from "./run-data.js";

/** What one training step gave. */
export interface StepResult {
  /** Each loss term and `total`; the mean over the step's batches. */
  readonly losses: Readonly<Record<string, number>>;
  /** Further scalars, e.g. `gradient norm`. */
  readonly values: Readonly<Record<string, number>>;
  /** Of the parameters outside the method's own groups. */
  readonly learningRate: number;
  /** Images trained on. */
  readonly images: number;
}

/** Parameters, optimizer slots and other state, and the steps that advance them. */
export class Trainer {
  readonly program: TrainingProgram;
  readonly store: StateStore;
  readonly #config: RunConfig;
  readonly #update: CompiledStep;
  readonly #accumulate: CompiledStep | null;
  readonly #losses: ReadonlySet<string>;

  private constructor(
    config: RunConfig,
    program: TrainingProgram,
    store: StateStore,
    update: CompiledStep,
    accumulate: CompiledStep | null,
  ) {
    this.#config = config;
    this.program = program;
    this.store = store;
    this.#update = update;
    this.#accumulate = accumulate;
    this.#losses = new Set([...program.terms.map(({ name }) => name), TOTAL_LOSS]);
  }

  /**
   * Builds and compiles the training step, with all state at its start. Throws UserError where ONNX Runtime refuses the graph.
   */
  static async create(engine: Engine, config: RunConfig, { tasks, size }: RunData): Promise<Trainer> {
    const { method, options } = methodOf(config);
    const program = buildTraining({
      tasks,
      size,
      method,
      methodOptions: options,
      network: networkOf(config),
      optimizer: optimizerOf(config),
      batchSize: imagesPerBatch(config),
      clipNorm: config.clipNorm,
      accumulate: config.accumulate,
      emaDecay: config.ema,
    });
    const store = new StateStore(engine);
    const { variables, graph } = program;
    for (const variable of variables.all()) {
      store.write(variable.name, variable.tensor.shape, variables.initialValue(variable, config.seed));
    }
    for (const { name, leaf, startsAs } of graph.slots) {
      const start = startsAs === null ? undefined : variables.get(startsAs);
      const data =
        start === undefined
          ? new Float32Array(sizeOf(leaf.shape))
          : variables.initialValue(start, config.seed);
      store.write(name, leaf.shape, data);
    }
    const update = await CompiledStep.compile(engine, store, graph.update);
    const accumulate =
      graph.accumulateOnly === null ? null : await CompiledStep.compile(engine, store, graph.accumulateOnly);
    return new Trainer(config, program, store, update, accumulate);
  }

  /** One update of the parameters, the run's number `step` (from 0), on the loader's next batches. */
  async step(loader: Pick<Loader, "next">, step: number): Promise<StepResult> {
    const { accumulate, seed } = this.#config;
    const rates = learningRatesAt(this.#config, step);
    const sums = new Map<string, number>();
    let norms: Readonly<Record<string, number>> = {};
    for (let part = 0; part < accumulate; part++) {
      const batch = await loader.next();
      const last = part === accumulate - 1;
      const feeds: Record<string, Float32Array> = {
        ...noiseFeeds(this.program.noise, seed, step * accumulate + part),
        ...rampFeeds(this.program.ramps, step),
        ...(last ? optimizerFeeds(this.program.groups, (group) => rates[group], step) : {}),
      };
      for (const [name, { data }] of Object.entries(batch.arrays)) feeds[name] = data;
      const outputs = await (last ? this.#update : this.#accumulate!).run(feeds);
      const further: Record<string, number> = {};
      for (const [name, [value]] of Object.entries(outputs)) {
        if (this.#losses.has(name)) sums.set(name, (sums.get(name) ?? 0) + value);
        else further[name] = value;
      }
      norms = further;
    }
    return {
      losses: Object.fromEntries([...sums].map(([name, sum]) => [name, sum / accumulate])),
      values: norms,
      learningRate: rates[MAIN_GROUP],
      images: imagesPerBatch(this.#config) * accumulate,
    };
  }

  async release(): Promise<void> {
    await this.#update.release();
    await this.#accumulate?.release();
  }
}

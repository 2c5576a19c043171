/**
 * @file The state of a module and its compiled steps: batches in, loss terms out, everything else stays where
 * it is.
 */
import { sizeOf } from "../graph/tensor.js";
import { averagedModule, KEPT, type ModuleSpec } from "../nn/module.js";
import { feedsAt, type StepPlace } from "../nn/step-input.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import { StateStore } from "../runtime/state-store.js";
import { Averages } from "./averages.js";
import type { StepPlan } from "./plan.js";
import { buildTraining, presentName, TOTAL_LOSS, type TrainingProgram } from "./program.js";

/** The arrays of a batch, by name. */
export type BatchArrays = Readonly<Record<string, { readonly data: Float32Array }>>;

/** Where a trainer's batches come from. */
export interface BatchSource {
  next(): Promise<{ readonly arrays: BatchArrays }>;
}

/** What one training step gave. */
export interface StepResult {
  /**
   * Each loss term and `total`: the mean over those of the step's batches that say something of it, null
   * where none does.
   */
  readonly losses: Readonly<Record<string, number | null>>;
  /** Further scalars, e.g. `gradient norm` or `weight depth`; of the step's last batch. */
  readonly values: Readonly<Record<string, number>>;
  /** By group of parameters. */
  readonly learningRates: Readonly<Record<string, number>>;
  /** Images trained on. */
  readonly images: number;
}

/** Parameters, optimizer slots and other state, and the steps that advance them. */
export class Trainer {
  readonly plan: StepPlan;
  readonly program: TrainingProgram;
  readonly store: StateStore;
  readonly #update: CompiledStep;
  readonly #accumulate: CompiledStep | null;

  private constructor(
    plan: StepPlan,
    program: TrainingProgram,
    store: StateStore,
    update: CompiledStep,
    accumulate: CompiledStep | null,
  ) {
    this.plan = plan;
    this.program = program;
    this.store = store;
    this.#update = update;
    this.#accumulate = accumulate;
  }

  /**
   * Builds and compiles the training step, with all state at its start; `onBuilt` is told between the two.
   * With a `store` of another trainer of the same network, what it holds is gone on with, optimizer slots
   * included. Throws UserError where ONNX Runtime refuses the graph.
   */
  static async create(
    engine: Engine,
    plan: StepPlan,
    onBuilt?: (program: TrainingProgram) => void,
    store: StateStore = new StateStore(engine),
  ): Promise<Trainer> {
    const program = buildTraining(plan);
    onBuilt?.(program);
    const { modules, graph } = program;
    for (const variable of modules.all().filter(({ name }) => !store.has(name))) {
      store.write(variable.name, variable.tensor.shape, modules.initialValue(variable, plan.seed));
    }
    for (const { name, leaf } of graph.slots.filter((slot) => !store.has(slot.name))) {
      store.write(name, leaf.shape, new Float32Array(sizeOf(leaf.shape)));
    }
    const update = await CompiledStep.compile(engine, store, graph.update);
    const accumulate =
      graph.accumulateOnly === null ? null : await CompiledStep.compile(engine, store, graph.accumulateOnly);
    return new Trainer(plan, program, store, update, accumulate);
  }

  /** The module to evaluate and export: averaged weights where there are any. */
  get evaluated(): ModuleSpec {
    const { emaDecay } = this.plan;
    return emaDecay === undefined ? KEPT : averagedModule(emaDecay);
  }

  /** One update of the parameters, the run's number `step` (from 0), on the source's next batches. */
  async step(batches: BatchSource, step: number): Promise<StepResult> {
    const { accumulate = 1, batchSize, seed } = this.plan;
    const losses = new Averages([...this.program.terms.map(({ name }) => name), TOTAL_LOSS]);
    let values: Record<string, number> = {};
    for (let part = 0; part < accumulate; part++) {
      const { arrays } = await batches.next();
      const last = part === accumulate - 1;
      const outputs = await this.#run(arrays, last, { seed, step, batch: step * accumulate + part });
      for (const { name, optional } of this.program.terms) {
        if (!optional || outputs[presentName(name)] === 1) losses.add(name, outputs[name]);
      }
      losses.add(TOTAL_LOSS, outputs[TOTAL_LOSS]);
      values = this.#values(outputs);
    }
    const rates = this.program.groups.map((group) => [group.name, group.rate(step)]);
    return {
      losses: losses.means(),
      values,
      learningRates: Object.fromEntries(rates),
      images: batchSize * accumulate,
    };
  }

  async #run(arrays: BatchArrays, last: boolean, at: StepPlace): Promise<Record<string, number>> {
    const { inputs, updateInputs } = this.program;
    const feeds = await feedsAt(last ? [...inputs, ...updateInputs] : inputs, at);
    for (const [name, { data }] of Object.entries(arrays)) feeds[name] = data;
    const outputs = await (last ? this.#update : this.#accumulate!).run(feeds);
    return Object.fromEntries(Object.entries(outputs).map(([name, [value]]) => [name, value]));
  }

  /** What a step gave besides losses. */
  #values(outputs: Readonly<Record<string, number>>): Record<string, number> {
    const terms = this.program.terms.flatMap(({ name }) => [name, presentName(name)]);
    const losses = new Set([...terms, TOTAL_LOSS]);
    return Object.fromEntries(Object.entries(outputs).filter(([name]) => !losses.has(name)));
  }

  async release(): Promise<void> {
    await this.#update.release();
    await this.#accumulate?.release();
  }
}

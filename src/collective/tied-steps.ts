/** @file A module's steps on mediator batches: by all of its ties, and by some where peers are silent. */
import type { MethodDefinition } from "../methods/method.js";
import type { Engine } from "../runtime/engine.js";
import type { StepPlan } from "../step/plan.js";
import { Trainer } from "../step/trainer.js";
import type { ConfiguredConstraint } from "./config.js";
import { type MediatorPlan, mediatorMethod } from "./mediator.js";

/** What a module's step on mediator batches is made of. */
export interface MediatorStep {
  readonly plan: MediatorPlan;
  /** The constraints that tie the module. */
  readonly ties: readonly ConfiguredConstraint[];
  readonly batchSize: number;
  readonly size: readonly [number, number];
}

/** The steps of one module, over one store. */
export class TiedSteps {
  /** The step by all ties. */
  readonly all: Trainer;
  readonly #engine: Engine;
  readonly #plan: StepPlan;
  readonly #mediator: MediatorStep;
  readonly #keepsStatistics: boolean;
  /** Steps by some of the ties, compiled when they are first needed; by the ties' places. */
  readonly #some = new Map<string, Trainer>();

  private constructor(
    engine: Engine,
    plan: StepPlan,
    mediator: MediatorStep,
    all: Trainer,
    keepsStatistics: boolean,
  ) {
    this.#keepsStatistics = keepsStatistics;
    this.all = all;
    this.#engine = engine;
    this.#plan = plan;
    this.#mediator = mediator;
  }

  /**
   * Compiles the step by all ties, over the values of the module's other step where there is one. Running
   * statistics are those of its own data; of mediator batches where it has none.
   */
  static async create(
    engine: Engine,
    plan: StepPlan,
    mediator: MediatorStep,
    store?: Trainer["store"],
  ): Promise<TiedSteps> {
    const keepsStatistics = store === undefined;
    const tied = tiedPlan(plan, mediator, mediator.ties, keepsStatistics);
    const all = await Trainer.create(engine, tied, undefined, store);
    return new TiedSteps(engine, plan, mediator, all, keepsStatistics);
  }

  /** The step by some ties alone: the terms of others are not in its graph. */
  async of(ties: readonly ConfiguredConstraint[]): Promise<Trainer> {
    if (ties.length === this.#mediator.ties.length) return this.all;
    const key = ties.map((each) => this.#mediator.ties.indexOf(each)).join();
    const plan = tiedPlan(this.#plan, this.#mediator, ties, this.#keepsStatistics);
    const known =
      this.#some.get(key) ?? (await Trainer.create(this.#engine, plan, undefined, this.all.store));
    this.#some.set(key, known);
    return known;
  }

  /** Releases all steps but one that somebody else releases. */
  async release(except?: Trainer): Promise<void> {
    for (const trainer of [this.all, ...this.#some.values()]) if (trainer !== except) await trainer.release();
  }
}

function tiedPlan(
  plan: StepPlan,
  { plan: mediated, batchSize, size }: MediatorStep,
  ties: readonly ConfiguredConstraint[],
  keepsStatistics: boolean,
): StepPlan {
  const method = mediatorMethod(mediated, ties, keepsStatistics) as MethodDefinition;
  return { ...plan, batchSize, size, samples: undefined, method: { method, options: {} }, accumulate: 1 };
}

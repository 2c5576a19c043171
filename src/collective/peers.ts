/**
 * @file Peers in one process: the modules' predictions on a mediator batch, in training mode, from their
 * weights or from copies of them that are some steps old.
 */
import { extendedRun, framesOf, neighbourRuns } from "../constraints/frame-runs.js";
import type { Tensor } from "../graph/tensor.js";
import { headsOf } from "../methods/method.js";
import { streamLeaves } from "../methods/streams.js";
import { runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import { KEPT, ModuleSet } from "../nn/module.js";
import { Forward } from "../nn/scope.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import { StateStore } from "../runtime/state-store.js";
import type { InferencePlan } from "../step/inference-graph.js";
import type { BatchArrays } from "../step/trainer.js";
import type { Task } from "../tasks/task.js";
import { predictionName } from "./mediator.js";

/**
 * What peers see of a module: activated predictions in training mode, by array name, that leave running
 * statistics alone; and the variables they read.
 */
export function peerPass(
  { tasks, network, batchSize, size }: InferencePlan,
  frames: number,
): { outputs: Record<string, Tensor>; modules: ModuleSet } {
  const modules = new ModuleSet();
  const layer = new Layer(modules.scope(KEPT), new Forward("train", { updatesState: false }));
  const leaves = streamLeaves({ batchSize, size, frames: { count: frames, step: 1 } });
  const lengths = [...new Set(tasks.map(framesOf))];
  const outputs = lengths.flatMap((length) =>
    neighbourRuns(length, frames).map((run) => {
      const seen = leaves.clip(extendedRun(run, network.frames ?? 1, frames));
      const { outputs: maps } = runNetwork(network, layer, seen, headsOf(tasks));
      const concerned = tasks.filter((task) => framesOf(task) === length);
      return concerned.map(({ name, kind, spec }) => [
        predictionName(name, run),
        kind.learning.activate(maps[name], spec),
      ]);
    }),
  );
  return { outputs: Object.fromEntries(outputs.flat()), modules };
}

/** Names of the arrays that predictions of tasks are, over so many frames. */
export function predictionNames(tasks: readonly Task[], frames: number): string[] {
  return tasks.flatMap((task) =>
    neighbourRuns(framesOf(task), frames).map((run) => predictionName(task.name, run)),
  );
}

/** A module's network as its peers see it. */
export class Peer {
  readonly #live: StateStore;
  readonly #copy: StateStore | null;
  readonly #names: readonly string[];
  readonly #every: number;
  readonly #step: CompiledStep;

  private constructor(
    live: StateStore,
    copy: StateStore | null,
    names: readonly string[],
    every: number,
    step: CompiledStep,
  ) {
    this.#live = live;
    this.#copy = copy;
    this.#names = names;
    this.#every = every;
    this.#step = step;
  }

  /**
   * Compiles the forward pass of a module whose values lie in `live`, over so many frames. Every `staleness`
   * steps its weights are copied, and predictions are the copy's; at 0 they are those of the weights
   * themselves.
   */
  static async create(
    engine: Engine,
    live: StateStore,
    { tasks, network, batchSize, size }: InferencePlan,
    frames: number,
    staleness: number,
  ): Promise<Peer> {
    const { outputs, modules } = peerPass({ tasks, network, batchSize, size }, frames);
    const names = modules.all().map(({ name }) => name);
    const copy = staleness === 0 ? null : new StateStore(engine);
    if (copy !== null) for (const name of names) copy.write(name, live.shape(name), await live.read(name));
    const step = await CompiledStep.compile(engine, copy ?? live, { outputs, state: [] });
    return new Peer(live, copy, names, staleness, step);
  }

  /** Predictions on a batch at a step of the run, by array name. */
  async predict(batch: BatchArrays, step: number): Promise<BatchArrays> {
    const copy = this.#copy;
    if (copy !== null && step % this.#every === 0) {
      for (const name of this.#names) {
        copy.write(name, this.#live.shape(name), await this.#live.read(name));
      }
    }
    const images = Object.fromEntries(Object.entries(batch).map(([name, { data }]) => [name, data]));
    const predictions = await this.#step.run(images);
    return Object.fromEntries(Object.entries(predictions).map(([name, data]) => [name, { data }]));
  }

  async release(): Promise<void> {
    await this.#step.release();
  }
}

/** Mediator batches with every module's predictions, made once a step however many modules read them. */
export class Mediator {
  readonly #next: () => Promise<BatchArrays>;
  readonly #peers: readonly Peer[];
  #at = -1;
  #arrays: BatchArrays = {};

  constructor(next: () => Promise<BatchArrays>, peers: readonly Peer[]) {
    this.#next = next;
    this.#peers = peers;
  }

  /** The batch of a step. Whoever asks first has the predictions made, before anybody learns from them. */
  async at(step: number): Promise<BatchArrays> {
    if (step === this.#at) return this.#arrays;
    const batch = await this.#next();
    const predictions: BatchArrays[] = [];
    for (const peer of this.#peers) predictions.push(await peer.predict(batch, step));
    this.#arrays = Object.assign({}, batch, ...predictions);
    this.#at = step;
    return this.#arrays;
  }
}

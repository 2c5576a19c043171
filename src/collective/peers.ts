/**
 * @file Peers in one process: the modules' predictions on a mediator batch, in training mode, from their
 * weights or from copies of them that are some steps old.
 */
import { extendedRun, framesOf, neighbourRuns } from "../constraints/frame-runs.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { headsOf } from "../methods/method.js";
import { streamLeaves } from "../methods/streams.js";
import { runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import { arrayName, KEPT, ModuleSet, type ModuleSpec, type Variable } from "../nn/module.js";
import { Forward } from "../nn/scope.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import type { Engine } from "../runtime/engine.js";
import type { StateStore } from "../runtime/state-store.js";
import type { InferencePlan } from "../step/inference-graph.js";
import type { BatchArrays } from "../step/trainer.js";
import type { Task } from "../tasks/task.js";
import { predictionName } from "./mediator.js";

/** A copy of a module's network that is some steps old: arrays in the module's store, and checkpoints. */
const STALE: ModuleSpec = { name: "stale", kept: false };

/**
 * What peers see of a module: activated predictions in training mode, by array name, that leave running
 * statistics alone; and the variables they read, those of `module`.
 */
export function peerPass(
  { tasks, network, batchSize, size }: InferencePlan,
  frames: number,
  module: ModuleSpec = KEPT,
): { outputs: Record<string, Tensor>; modules: ModuleSet } {
  const modules = new ModuleSet();
  const layer = new Layer(modules.scope(module), new Forward("train", { updatesState: false }));
  const leaves = streamLeaves({
    ...{ batchSize, size, frames: { count: frames, step: 1 } },
    pillars: network.pillars,
  });
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

/** Makes room for a stale copy of a network beside its values, so that it is saved and restored with them. */
export function reserveCopy(live: StateStore, network: readonly Pick<Variable, "name" | "path">[]): void {
  for (const { name, path } of network) {
    const shape = live.shape(name);
    live.write(arrayName(STALE.name, path), shape, new Float32Array(sizeOf(shape)));
  }
}

/** A module's network as its peers see it. */
export class Peer {
  readonly #live: StateStore;
  /** Of the copy, if there is one. */
  readonly #copied: readonly Variable[];
  readonly #every: number;
  readonly #step: CompiledStep;

  private constructor(live: StateStore, copied: readonly Variable[], every: number, step: CompiledStep) {
    this.#live = live;
    this.#copied = copied;
    this.#every = every;
    this.#step = step;
  }

  /**
   * Compiles the forward pass of a module whose values lie in `live`, over so many frames. Every `staleness`
   * steps its weights are copied to where `reserveCopy` made room, and predictions are the copy's; at 0 they
   * are those of the weights themselves.
   */
  static async create(
    engine: Engine,
    live: StateStore,
    plan: InferencePlan,
    frames: number,
    staleness: number,
  ): Promise<Peer> {
    const { outputs, modules } = peerPass(plan, frames, staleness === 0 ? KEPT : STALE);
    const step = await CompiledStep.compile(engine, live, { outputs, state: [] });
    return new Peer(live, staleness === 0 ? [] : modules.all(), staleness, step);
  }

  /** Predictions on a batch at a step of the run, by array name. */
  async predict(batch: BatchArrays, step: number): Promise<BatchArrays> {
    if (step % this.#every === 0) {
      for (const { name, path } of this.#copied) {
        this.#live.write(name, this.#live.shape(name), await this.#live.read(arrayName(KEPT.name, path)));
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

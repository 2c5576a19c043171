/**
 * @file A compiled step: one session run takes a batch in and leaves new parameters, slots and state behind.
 */
import type * as Ort from "onnxruntime-common";
import { lowerGraph } from "../graph/lowering.js";
import { encodeModel } from "../graph/onnx.js";
import type { OnnxGraph } from "../graph/onnx-graph.js";
import { simplify } from "../graph/simplify.js";
import type { Tensor } from "../graph/tensor.js";
import {
  type Engine,
  fromOrtTensor,
  openSession,
  type TypedData,
  toOrtTensor,
  writesGivenBuffers,
  zerosOrtTensor,
} from "./engine.js";
import { orderOverwriting } from "./overwriting.js";
import type { StateStore } from "./state-store.js";
import { endedBeforeCopies, runWithoutCopies } from "./uncopied-run.js";

/** What a step computes, as plain data; `nn/training-graph.ts` builds it. */
export interface StepDescription {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly state: readonly { readonly name: string; readonly leaf: Tensor; readonly next: Tensor }[];
}

const NEXT = "next:";

export type Feeds = Readonly<Record<string, TypedData | ArrayLike<number>>>;

interface Parts {
  readonly engine: Engine;
  readonly session: Ort.InferenceSession;
  readonly store: StateStore;
  readonly graph: OnnxGraph;
  /** Names that the store held when the step was compiled. */
  readonly stored: ReadonlySet<string>;
  readonly outputNames: readonly string[];
  readonly stateNames: readonly string[];
  /** State that new values may overwrite. */
  readonly inPlace: ReadonlySet<string>;
}

export class CompiledStep {
  readonly #parts: Parts;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Compiles a step against a store. Leaves that the store holds are read from it, all others must be fed.
   */
  static async compile(engine: Engine, store: StateStore, step: StepDescription): Promise<CompiledStep> {
    const outputNames = Object.keys(step.outputs);
    const wanted = [
      ...outputNames.map((name) => ({ name, tensor: step.outputs[name] })),
      ...step.state.map(({ name, next }) => ({ name: NEXT + name, tensor: next })),
    ];
    const tensors = simplify(wanted.map(({ tensor }) => tensor));
    const stateNames = step.state.map(({ name }) => name);
    const stored = new Set(store.names());
    const blocked = store.names().filter((name) => store.isBlocked(name));
    const lowered = lowerGraph(
      wanted.map(({ name }, i) => ({ name, tensor: tensors[i] })),
      engine.target,
      new Map(),
      new Set(blocked.flatMap((name) => [name, NEXT + name])),
    );
    const { graph, inPlace } = writesGivenBuffers(engine)
      ? orderOverwriting(
          lowered,
          stateNames.map((name) => ({ leaf: name, next: NEXT + name })),
        )
      : { graph: lowered, inPlace: new Set<string>() };
    const runnable = engine.refusal === undefined ? graph : endedBeforeCopies(graph);
    const session = await openSession(engine, encodeModel(runnable), {
      deviceOutputs: stateNames.map((name) => NEXT + name),
    });
    return new CompiledStep({ engine, session, store, graph, stored, outputNames, stateNames, inPlace });
  }

  /** Names and types of what must be fed at each run. */
  get feeds(): OnnxGraph["inputs"] {
    return this.#parts.graph.inputs.filter(({ name }) => !this.#parts.stored.has(name));
  }

  /** Number of ONNX nodes: a measure of what is compiled. */
  get nodeCount(): number {
    return this.#parts.graph.nodes.length;
  }

  /**
   * Runs the step once. Only feeds the graph uses are taken, so a batch may carry more.
   * @throws TypeError where a needed feed is missing.
   */
  async run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    const { engine, store, graph, stored, outputNames, stateNames } = this.#parts;
    const given: Record<string, Ort.Tensor> = {};
    for (const { name, type } of graph.inputs) {
      if (stored.has(name)) {
        given[name] = store.feed(name);
        continue;
      }
      const data = feeds[name];
      if (data === undefined) throw new TypeError(`compiled step: no value was given for input ${name}`);
      given[name] = toOrtTensor(engine, type, data);
    }
    const results = await this.#compute(given);
    for (const name of stateNames) store.advance(name, results[NEXT + name]);
    return Object.fromEntries(outputNames.map((name) => [name, fromOrtTensor(results[name])]));
  }

  /** All outputs by name; those that have a buffer to be written into are that buffer. */
  async #compute(given: Readonly<Record<string, Ort.Tensor>>): Promise<Readonly<Record<string, Ort.Tensor>>> {
    const { engine, session, store, graph, stateNames, inPlace } = this.#parts;
    const targets: Record<string, Ort.Tensor> = {};
    for (const name of stateNames) {
      const target = store.target(name, inPlace.has(name));
      if (target !== null) targets[NEXT + name] = target;
    }
    if (engine.refusal !== undefined) {
      for (const { name, type } of graph.outputs) targets[name] ??= zerosOrtTensor(engine, type);
      await runWithoutCopies(engine, session, given, targets);
      return targets;
    }
    const wanted = Object.fromEntries(graph.outputs.map(({ name }) => [name, null]));
    const fetches = { ...wanted, ...targets } as Ort.InferenceSession.OnnxValueMapType;
    return { ...(await session.run(given, fetches)), ...targets };
  }

  async release(): Promise<void> {
    await this.#parts.session.release();
  }
}

/** @file A compiled step: one session run takes a batch in and leaves new parameters, slots and state behind. */
import type * as Ort from "onnxruntime-common";
import { lowerGraph, type OnnxGraph, type OnnxNode } from "../graph/lowering.js";
import { encodeModel } from "../graph/onnx.js";
import { simplify } from "../graph/simplify.js";
import type { Tensor } from "../graph/tensor.js";
import { type Engine, fromOrtTensor, openSession, type TypedData, toOrtTensor } from "./engine.js";
import type { StateStore } from "./state-store.js";

/** What a step computes, as plain data; `nn/training-graph.ts` builds it. */
export interface StepDescription {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly state: readonly { readonly name: string; readonly leaf: Tensor; readonly next: Tensor }[];
}

const NEXT = "next:";

export type Feeds = Readonly<Record<string, TypedData | ArrayLike<number>>>;

/** Who reads and who writes the values of a graph. */
interface DataFlow {
  readonly producers: ReadonlyMap<string, OnnxNode>;
  readonly readers: ReadonlyMap<string, readonly OnnxNode[]>;
}

function dataFlow({ nodes }: OnnxGraph): DataFlow {
  const producers = new Map<string, OnnxNode>();
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const value of node.outputs) producers.set(value, node);
    for (const value of new Set(node.inputs)) {
      const known = readers.get(value);
      if (known === undefined) readers.set(value, [node]);
      else known.push(node);
    }
  }
  return { producers, readers };
}

/**
 * Whether a state's new value may overwrite the old one: every node that reads the old value must have run before the node that
 * writes the new one, in whatever order the runtime takes them. True of optimizer slots (m' = b m + g), not of parameters, which
 * the backward pass still reads. Only a writer's near ancestors are searched: slots are updated within a few nodes.
 */
function readBeforeWritten({ producers, readers }: DataFlow, leaf: string, next: string): boolean {
  const waiting = new Set(readers.get(leaf));
  const writer = producers.get(next);
  if (writer === undefined || waiting.has(writer)) return false;
  let level = [writer];
  for (let depth = 0; depth < 3 && waiting.size > 0; depth++) {
    level = level.flatMap((node) => node.inputs.flatMap((value) => producers.get(value) ?? []));
    for (const node of level) waiting.delete(node);
  }
  return waiting.size === 0;
}

export class CompiledStep {
  readonly #engine: Engine;
  readonly #session: Ort.InferenceSession;
  readonly #store: StateStore;
  readonly #graph: OnnxGraph;
  readonly #outputNames: readonly string[];
  readonly #stateNames: readonly string[];
  readonly #inPlace: ReadonlySet<string>;

  private constructor(
    engine: Engine,
    session: Ort.InferenceSession,
    store: StateStore,
    graph: OnnxGraph,
    outputNames: readonly string[],
    stateNames: readonly string[],
  ) {
    this.#engine = engine;
    this.#session = session;
    this.#store = store;
    this.#graph = graph;
    this.#outputNames = outputNames;
    this.#stateNames = stateNames;
    const flow = dataFlow(graph);
    this.#inPlace = new Set(stateNames.filter((name) => readBeforeWritten(flow, name, NEXT + name)));
  }

  /** Compiles a step against a store. Leaves that the store holds are read from it, all others must be fed. */
  static async compile(engine: Engine, store: StateStore, step: StepDescription): Promise<CompiledStep> {
    const outputNames = Object.keys(step.outputs);
    const wanted = [
      ...outputNames.map((name) => ({ name, tensor: step.outputs[name] })),
      ...step.state.map(({ name, next }) => ({ name: NEXT + name, tensor: next })),
    ];
    const tensors = simplify(wanted.map(({ tensor }) => tensor));
    const graph = lowerGraph(
      wanted.map(({ name }, i) => ({ name, tensor: tensors[i] })),
      engine.target,
    );
    const stateNames = step.state.map(({ name }) => name);
    const session = await openSession(engine, encodeModel(graph), {
      deviceOutputs: stateNames.map((name) => NEXT + name),
    });
    return new CompiledStep(engine, session, store, graph, outputNames, stateNames);
  }

  /** Names and types of what must be fed at each run. */
  get feeds(): OnnxGraph["inputs"] {
    return this.#graph.inputs.filter(({ name }) => !this.#store.has(name));
  }

  /** Number of ONNX nodes: a measure of what is compiled. */
  get nodeCount(): number {
    return this.#graph.nodes.length;
  }

  /**
   * Runs the step once. Only feeds the graph uses are taken, so a batch may carry more.
   * @throws TypeError where a needed feed is missing.
   */
  async run(feeds: Feeds): Promise<Record<string, Float32Array>> {
    const given: Record<string, Ort.Tensor> = {};
    for (const { name, type } of this.#graph.inputs) {
      if (this.#store.has(name)) {
        given[name] = this.#store.feed(name);
        continue;
      }
      const data = feeds[name];
      if (data === undefined) throw new TypeError(`compiled step: no value was given for input ${name}`);
      given[name] = toOrtTensor(this.#engine, type, data);
    }
    const fetches: Record<string, Ort.Tensor | null> = {};
    for (const name of this.#outputNames) fetches[name] = null;
    for (const name of this.#stateNames)
      fetches[NEXT + name] = this.#store.target(name, this.#inPlace.has(name));
    const results = await this.#session.run(given, fetches as Ort.InferenceSession.OnnxValueMapType);
    for (const name of this.#stateNames) this.#store.advance(name, results[NEXT + name]);
    return Object.fromEntries(this.#outputNames.map((name) => [name, fromOrtTensor(results[name])]));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }
}

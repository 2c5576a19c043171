/** @file A graph kept open for many runs. `evaluate` of the runtime serves one-off values. */
import { lowerGraph, type Target } from "../../src/graph/lowering.js";
import { encodeModel } from "../../src/graph/onnx.js";
import { simplify } from "../../src/graph/simplify.js";
import type { Tensor } from "../../src/graph/tensor.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../../src/runtime/engine.js";

export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

export interface Compiled {
  run(feeds: Feeds): Promise<Record<string, Float32Array>>;
  release(): Promise<void>;
}

export interface CompileOptions {
  /** Whose spellings are written; the engine's own if left out. */
  readonly target?: Target;
  /** Whether the graph is simplified first. Default true. */
  readonly simplified?: boolean;
  /** ONNX operator set of the model, for portable spellings. */
  readonly opset?: number;
}

/** Opens a session that computes named tensors from the inputs they depend on. */
export async function compile(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  { target = engine.target, simplified = true, opset }: CompileOptions = {},
): Promise<Compiled> {
  const names = Object.keys(outputs);
  const wanted = names.map((name) => outputs[name]);
  const tensors = simplified ? simplify(wanted) : wanted;
  const named = names.map((name, i) => ({ name, tensor: tensors[i] }));
  const graph = lowerGraph(named, target);
  const session = await openSession(engine, encodeModel(graph, {}, opset));
  return {
    async run(feeds) {
      const given = graph.inputs.map(({ name, type }) => [name, toOrtTensor(engine, type, feeds[name])]);
      const results = await session.run(Object.fromEntries(given));
      return Object.fromEntries(names.map((name) => [name, fromOrtTensor(results[name]).slice()]));
    },
    release: () => session.release(),
  };
}

/** @file One-off evaluation of tensors: for tests, probes and small tools. Training uses a compiled step. */
import { lowerGraph } from "../graph/lowering.js";
import { encodeModel } from "../graph/onnx.js";
import { simplify } from "../graph/simplify.js";
import type { Tensor } from "../graph/tensor.js";
import { type Engine, fromOrtTensor, openSession, type TypedData, toOrtTensor } from "./engine.js";

/**
 * Computes tensors from named inputs. Integers and booleans come back as numbers in a Float32Array.
 * @throws GraphError where an input that the tensors depend on is missing from `feeds`.
 */
export async function evaluate(
  engine: Engine,
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, ArrayLike<number> | TypedData>> = {},
): Promise<Record<string, Float32Array>> {
  const names = Object.keys(outputs);
  const tensors = simplify(names.map((name) => outputs[name]));
  const graph = lowerGraph(
    names.map((name, i) => ({ name, tensor: tensors[i] })),
    engine.target,
  );
  const session = await openSession(engine, encodeModel(graph));
  const given = Object.fromEntries(
    graph.inputs.map(({ name, type }) => {
      const data = feeds[name];
      if (data === undefined) throw new TypeError(`evaluate: no value was given for input ${name}`);
      return [name, toOrtTensor(engine, type, data)];
    }),
  );
  const results = await session.run(given);
  const copied = Object.fromEntries(names.map((name) => [name, fromOrtTensor(results[name]).slice()]));
  await session.release();
  return copied;
}

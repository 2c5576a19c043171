/** @file Networks with values of their own, outside of training. */
import { input, type Tensor } from "../../src/graph/index.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet, type Variable } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

/**
 * Values of named tensors of a network in evaluation mode, given its input and the values of its variables.
 */
export async function infer(
  build: (layer: Layer, x: Tensor) => Record<string, Tensor>,
  image: { readonly shape: readonly number[]; readonly data: Float32Array },
  value: (variable: Variable, variables: ModuleSet) => Float32Array,
): Promise<Record<string, Float32Array>> {
  const variables = new ModuleSet();
  const outputs = build(new Layer(variables.scope(), new Forward("eval")), input("x", [...image.shape]));
  const weights = variables.all().map((variable) => [variable.name, value(variable, variables)] as const);
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  return evaluate(engine, outputs, { ...Object.fromEntries(weights), x: image.data });
}

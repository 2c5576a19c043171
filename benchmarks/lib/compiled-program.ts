/** @file A training step ready to run: its state at its start, its graph compiled. */
import { sizeOf } from "../../src/graph/tensor.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { StateStore } from "../../src/runtime/state-store.js";
import type { TrainingProgram } from "../../src/training/program.js";

export async function compileProgram(
  engine: Engine,
  { graph, variables }: TrainingProgram,
): Promise<CompiledStep> {
  const store = new StateStore(engine);
  for (const variable of variables.all()) {
    store.write(variable.name, variable.tensor.shape, variables.initialValue(variable, 0));
  }
  for (const { name, leaf } of graph.slots)
    store.write(name, leaf.shape, new Float32Array(sizeOf(leaf.shape)));
  return CompiledStep.compile(engine, store, graph.update);
}

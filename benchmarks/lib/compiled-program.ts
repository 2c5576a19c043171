/**
 * @file A training step ready to run: planned by the benchmarks' protocol, its state at its start, its graph
 * compiled.
 */
import { sizeOf } from "../../src/graph/tensor.js";
import { adam } from "../../src/nn/optimizers/adam.js";
import { feedsAt } from "../../src/nn/step-input.js";
import { CompiledStep } from "../../src/runtime/compiled-step.js";
import type { Engine } from "../../src/runtime/engine.js";
import { StateStore } from "../../src/runtime/state-store.js";
import type { TermsPlan } from "../../src/step/plan.js";
import { buildTraining, type TrainingProgram } from "../../src/step/program.js";
import { equal } from "../../src/weighting/equal.js";

export interface CompiledProgram {
  readonly program: TrainingProgram;
  /** What the step takes besides its batch: to be made before the clock starts. */
  feeds(done: number): Promise<Record<string, Float32Array>>;
  readonly step: CompiledStep;
}

/** Adam at 1e-4, equal weights, no clipping. */
export async function compileProgram(engine: Engine, terms: TermsPlan): Promise<CompiledProgram> {
  const program = buildTraining({
    ...terms,
    weighting: { weighting: equal, options: {} },
    optimizer: adam(),
    learningRate: 1e-4,
    schedule: { name: "constant" },
    steps: 1,
    seed: 0,
  });
  const { graph, modules, inputs, updateInputs } = program;
  const store = new StateStore(engine);
  for (const variable of modules.all()) {
    store.write(variable.name, variable.tensor.shape, modules.initialValue(variable, 0));
  }
  for (const { name, leaf } of graph.slots)
    store.write(name, leaf.shape, new Float32Array(sizeOf(leaf.shape)));
  const all = [...inputs, ...updateInputs];
  return {
    program,
    feeds: (done) => feedsAt(all, { seed: 0, step: done, batch: done }),
    step: await CompiledStep.compile(engine, store, graph.update),
  };
}

/** @file Plans of steps on small networks. */
import type { MethodDefinition } from "../../src/methods/method.js";
import { adam } from "../../src/nn/optimizers/adam.js";
import type { StepPlan } from "../../src/step/plan.js";
import { equal } from "../../src/weighting/equal.js";

/** Adam at 1e-4, equal weights, no clipping; `plan` says what it is of and what is otherwise. */
export function stepPlan<O>(
  method: MethodDefinition<O>,
  options: Record<string, unknown>,
  plan: Pick<StepPlan, "tasks" | "network" | "batchSize" | "size"> & Partial<StepPlan>,
): StepPlan {
  return {
    method: { method: method as MethodDefinition, options: method.options.parse(options) },
    weighting: { weighting: equal, options: {} },
    optimizer: adam(),
    learningRate: 1e-4,
    schedule: { name: "constant" },
    steps: 100,
    seed: 0,
    ...plan,
  };
}

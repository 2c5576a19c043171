/** @file What weightings ask of a step, worked out once however often it is asked. */
import { add } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { expand, reshape, stack } from "../graph/ops/shape.js";
import { structuralZeros } from "../graph/structural-zeros.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { constantOf } from "../nn/initializers.js";
import type { ModuleSet, ModuleSpec, Variable } from "../nn/module.js";
import type { StepInputs } from "../nn/step-input.js";
import { gradientsOf } from "../nn/training-graph.js";
import type { Objective, WeightingContext } from "./weighting.js";

/** The module that a weighting's own parameters and state belong to. */
export const WEIGHTING: ModuleSpec = { name: "weighting", kept: false };

export interface WeightingSource {
  readonly objectives: readonly Objective[];
  readonly modules: ModuleSet;
  /** Names of the parameters of the last layer that all heads share. */
  readonly lastShared: readonly string[];
  readonly inputs: StepInputs;
}

/** A context, and the new values of the state that was asked for, by the variable's name. */
export function weightingContext({ objectives, modules, lastShared, inputs }: WeightingSource): {
  readonly context: WeightingContext;
  readonly updates: ReadonlyMap<string, Tensor>;
} {
  const updates = new Map<string, Tensor>();
  const scope = modules.scope(WEIGHTING);
  // What is declared later is the weighting's own, which no objective reaches.
  const parameters = modules.trained();
  const known = new Map<Objective, ReadonlyMap<Variable, Tensor>>();
  const gradients = (objective: Objective) => {
    const found = known.get(objective) ?? reachedBy(objective, parameters);
    known.set(objective, found);
    return found;
  };
  let shared: readonly Variable[] | undefined;
  const context: WeightingContext = {
    objectives,
    scope,
    get shared() {
      shared ??= parameters.filter(
        (variable) => objectives.filter((each) => gradients(each).has(variable)).length > 1,
      );
      return shared;
    },
    lastShared: parameters.filter(({ name }) => lastShared.includes(name)),
    gradients,
    input: (wanted) => inputs.leaf({ ...wanted, name: `${WEIGHTING.name}.${wanted.name}` }),
    gram: (over = context.shared) => gramOf(objectives.map(gradients), over),
    state(name, shape, start) {
      const variable = scope.state(name, shape, constantOf(start));
      return { now: variable.tensor, next: (value) => void updates.set(variable.name, value) };
    },
  };
  return { context, updates };
}

/** An objective's gradients, without those that are zero whatever is fed. */
function reachedBy({ loss }: Objective, parameters: readonly Variable[]): ReadonlyMap<Variable, Tensor> {
  const all = gradientsOf(loss, parameters);
  const zeros = structuralZeros([...all.values()]);
  return new Map([...all].filter(([, gradient]) => !zeros.has(gradient)));
}

/** Σ over parameters of G Gᵀ, G [K,n] the objectives' gradients of one of them: [K,K]. */
function gramOf(gradients: readonly ReadonlyMap<Variable, Tensor>[], over: readonly Variable[]): Tensor {
  const count = gradients.length;
  const parts = over.map((variable) => {
    const n = sizeOf(variable.tensor.shape);
    const rows = gradients.map((own) => {
      const gradient = own.get(variable);
      return gradient === undefined ? expand(filled(0, 1), [n]) : reshape(gradient, [n]);
    });
    const matrix = stack(rows, 0);
    return matmul(matrix, swapLast(matrix));
  });
  if (parts.length === 0) return expand(filled(0, 2), [count, count]);
  return parts.reduce((sum, part) => add(sum, part));
}

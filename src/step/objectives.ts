/** @file From a method's terms to objectives, which a weighting weighs, and what is added as it is. */
import { add, maximum, mul } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";
import type { LossTerm } from "../methods/method.js";
import { rampAt, rampInput } from "../methods/ramp.js";
import type { StepInputs } from "../nn/step-input.js";
import type { Task } from "../tasks/task.js";
import type { Objective } from "../weighting/weighting.js";

/** A term times its weight, its ramp and its gate. */
export function weighted({ value, weight, ramp, gate }: LossTerm, inputs: StepInputs): Tensor {
  const factors = [
    ...(ramp === undefined || rampAt(ramp, 0) === 1 ? [] : [inputs.leaf(rampInput(ramp))]),
    ...(gate === undefined ? [] : [inputs.leaf(gate)]),
  ];
  return factors.reduce((product, factor) => mul(product, factor), mul(value, weight));
}

/**
 * What is logged of a term, and whether the batch says anything of it (0 or 1); null where it always does.
 */
export function observation(
  { value, observed, gate }: LossTerm,
  inputs: StepInputs,
): { readonly value: Tensor; readonly present: Tensor | null } {
  const flags = [...(observed === undefined ? [] : [observed.present]), ...(gate ? [inputs.leaf(gate)] : [])];
  const present = flags.length === 0 ? null : flags.reduce((both, flag) => mul(both, flag));
  return { value: observed?.value ?? value, present };
}

/**
 * The objectives in the order in which terms name them first, and the terms that no objective counts, each
 * weighted.
 */
export function objectivesOf(
  terms: readonly LossTerm[],
  tasks: readonly Task[],
  inputs: StepInputs,
): { readonly objectives: Objective[]; readonly others: Tensor[] } {
  const names = [...new Set(terms.flatMap(({ objective }) => objective ?? []))];
  const objectives = names.map((name): Objective => {
    const own = terms.filter(({ objective }) => objective === name);
    const task = tasks.find((each) => each.name === name);
    return {
      name,
      likelihood: task?.kind.learning.likelihood ?? "regression",
      loss: own.map((term) => weighted(term, inputs)).reduce((total, loss) => add(total, loss)),
      present: own
        .map((term) => observation(term, inputs).present ?? filled(1))
        .reduce((any, flag) => maximum(any, flag)),
    };
  });
  const others = terms.filter(({ objective }) => objective === undefined);
  return { objectives, others: others.map((term) => weighted(term, inputs)) };
}

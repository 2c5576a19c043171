/** @file From weights of gradients to one gradient for every parameter. */
import { add, mul } from "../graph/ops/arithmetic.js";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../nn/module.js";
import { entries } from "./columns.js";
import { sum } from "./sums.js";
import { type Objective, type Weighted, type WeightingContext, weightName } from "./weighting.js";

/** Weights by which losses are multiplied, to be logged: a column [K,1]. */
export function loggedWeights(objectives: readonly Objective[], weights: Tensor): Record<string, Tensor> {
  const each = entries(weights);
  return Object.fromEntries(objectives.map((objective, k) => [weightName(objective), each[k]]));
}

/** Σ w_k L_k with weights [K,1], through which no gradient goes unless they have one of their own. */
export function weightedLoss(objectives: readonly Objective[], weights: Tensor): Tensor {
  const each = entries(weights);
  return sum(objectives.map(({ loss }, k) => mul(loss, each[k])));
}

/**
 * Σ w_k g_k for the parameters that objectives share; every other one gets the gradient of the one objective
 * that reaches it, times its entry of `own`: as it is if left out. Weights are columns [K,1]. What is logged
 * as minimised is the plain sum of losses.
 */
export function aggregate(
  { objectives, shared, gradients }: WeightingContext,
  weights: Tensor,
  own?: Tensor,
): Weighted {
  const [forShared, forOwn] = [entries(weights), own === undefined ? undefined : entries(own)];
  const common = new Set(shared);
  const total = new Map<Variable, Tensor>();
  objectives.forEach((objective, k) => {
    for (const [variable, gradient] of gradients(objective)) {
      const weight = common.has(variable) ? forShared[k] : forOwn?.[k];
      const part = weight === undefined ? gradient : mul(gradient, weight);
      const before = total.get(variable);
      total.set(variable, before === undefined ? part : add(before, part));
    }
  });
  return {
    loss: sum(objectives.map(({ loss }) => loss)),
    gradients: total,
    values: loggedWeights(objectives, weights),
  };
}

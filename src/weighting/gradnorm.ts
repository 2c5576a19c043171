/** @file GradNorm (Chen, Badrinarayanan, Lee and Rabinovich 2018). */
import { z } from "zod";
import { add, div, maximum, minimum, mul, pow, sub } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { abs, detach, sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { constantOf } from "../nn/initializers.js";
import { loggedWeights, weightedLoss } from "./aggregate.js";
import { column, diagonalOf, meanOf, presence, softmaxOver } from "./columns.js";
import type { WeightingContext, WeightingDefinition } from "./weighting.js";

export interface GradNormOptions {
  /** Restoring force: 0 lets all objectives pull equally hard, more lets slow ones pull harder. */
  readonly alpha: number;
  /** How many of its first losses an objective's starting loss is the mean of. */
  readonly reference: number;
  readonly learningRate?: number;
}

const GROUP = "gradnorm";
const TINY = 1e-12;

/**
 * Σ w_k L_k with learned weights, w = K softmax(p): they sum to the number K of present objectives, as the
 * paper's do by division after every update. p goes down (eq. 2)
 *   Σ_k |w_k n_k - mean_j(w_j n_j) r_k^α|,   r_k = (L_k/L_k(0)) / mean_j (L_j/L_j(0)),
 * whose targets are constants, with n_k the norm of L_k's gradient in the last layer that all heads share (in
 * all shared parameters where a network names no such layer). L_k(0): its first losses' mean, the paper's
 * being the first one. An absent objective's p stays where it is.
 */
export const gradnorm: WeightingDefinition<GradNormOptions> = {
  name: "gradnorm",
  options: z.strictObject({
    alpha: z.number().min(0).default(1.5).describe("restoring force; the paper has 1.5 on NYU Depth"),
    reference: z.int().min(1).default(1).describe("first losses whose mean a task's progress counts from"),
    learningRate: z.number().positive().optional().describe("of the weights; the run's own if left out"),
  }),
  least: 2,
  needsShared: true,
  group: ({ learningRate }) => ({ name: GROUP, learningRate }),
  combine(context, options) {
    const { objectives, scope, lastShared } = context;
    const present = presence(objectives);
    const own = scope.inGroup(GROUP);
    const logits = column(objectives.map(({ name }) => own.parameter(`logit.${name}`, [], constantOf(1))));
    const weights = mul(softmaxOver(logits, present), reduceSum(present));
    const gram = context.gram(lastShared.length === 0 ? context.shared : lastShared);
    const norms = detach(sqrt(maximum(diagonalOf(gram), 0)));
    const pulls = mul(weights, norms);
    const progress = column(objectives.map((_, k) => progressOf(context, k, options)));
    const rate = div(progress, maximum(meanOf(progress, present), TINY));
    const target = mul(meanOf(pulls, present), pow(maximum(rate, TINY), options.alpha));
    const balance = reduceSum(mul(abs(sub(pulls, detach(target))), present));
    return {
      // The balance is 0 in value here: it has a gradient for p alone.
      loss: add(weightedLoss(objectives, detach(weights)), sub(balance, detach(balance))),
      values: loggedWeights(objectives, detach(weights)),
    };
  },
};

/** L_k / L_k(0), while the latter is still being averaged over what was seen; 0 where it is absent. */
function progressOf(
  { objectives, state }: WeightingContext,
  k: number,
  { reference }: GradNormOptions,
): Tensor {
  const { name, loss, present } = objectives[k];
  const value = mul(detach(loss), present);
  const seen = state(`seen.${name}`, [], 0);
  const first = state(`first.${name}`, [], 0);
  const counts = mul(present, sub(1, minimum(1, maximum(0, sub(seen.now, reference - 1)))));
  const count = add(seen.now, counts);
  const mean = add(first.now, mul(counts, div(sub(value, first.now), maximum(count, 1))));
  seen.next(count);
  first.next(mean);
  return div(value, maximum(mean, TINY));
}

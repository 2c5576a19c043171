/** @file Fast adaptive multitask optimization (Liu, Feng, Stone and Liu 2023). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { greater, where } from "../graph/ops/compare.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { detach, log } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { constantOf } from "../nn/initializers.js";
import { adam } from "../nn/optimizers/adam.js";
import { loggedWeights, weightedLoss } from "./aggregate.js";
import { column, losses, presence, softmaxOver } from "./columns.js";
import type { Objective, WeightingContext, WeightingDefinition } from "./weighting.js";

export interface FamoOptions {
  readonly learningRate: number;
  /** Pulls all logits back to equal ones. */
  readonly decay: number;
}

const GROUP = "famo";
/** Added to losses, as in the published code. */
const OFFSET = 1e-8;
const TINY = 1e-30;

/**
 * Σ w_k L_k, w_k ∝ z_k/L_k with sum 1, z = softmax(ξ): all losses are to fall at the same rate. ξ follows how
 * much log L_k fell, by the gradient (diag z - z zᵀ) δ, with Adam and an L2 penalty. The paper evaluates the
 * batch a second time after the update for δ; here it is the fall since the last batch that had the
 * objective, which costs nothing and averages to the same.
 */
export const famo: WeightingDefinition<FamoOptions> = {
  name: "famo",
  options: z.strictObject({
    learningRate: z.number().positive().default(0.025).describe("of the logits, with Adam"),
    decay: z.number().min(0).default(0.001).describe("L2 penalty on the logits (γ)"),
  }),
  least: 2,
  group: ({ learningRate, decay }) => ({
    name: GROUP,
    learningRate,
    optimizer: adam({ weightDecay: decay }),
    schedule: { name: "constant" },
  }),
  combine(context, _options) {
    const { objectives, scope } = context;
    const present = presence(objectives);
    const own = scope.inGroup(GROUP);
    const logits = column(objectives.map(({ name }) => own.parameter(`logit.${name}`, [], constantOf(0))));
    const shares = softmaxOver(logits, present);
    const distances = add(maximum(losses(objectives), 0), OFFSET);
    const parts = detach(div(shares, distances));
    const weights = div(parts, maximum(reduceSum(parts), TINY));
    const falls = column(objectives.map((objective) => fallOf(context, objective)));
    const balance = reduceSum(mul(shares, falls));
    return {
      // The balance is 0 in value here: it has a gradient for ξ alone.
      loss: add(weightedLoss(objectives, weights), sub(balance, detach(balance))),
      values: loggedWeights(objectives, weights),
    };
  },
};

/** How much the log of a loss fell since it was last seen; 0 where it is absent, or seen first. */
function fallOf({ state }: WeightingContext, { name, loss, present }: Objective): Tensor {
  const [seen, before] = [state(`seen.${name}`, [], 0), state(`log.${name}`, [], 0)];
  const now = log(add(maximum(detach(loss), 0), OFFSET));
  const here = greater(present, 0);
  before.next(where(here, now, before.now));
  seen.next(maximum(seen.now, present));
  return mul(sub(before.now, now), mul(seen.now, present));
}

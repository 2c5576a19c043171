/** @file Multi-task learning as a bargaining game (Navon et al. 2022). */
import { z } from "zod";
import { add, div, maximum, minimum, mul, sub } from "../graph/ops/arithmetic.js";
import { greater, where } from "../graph/ops/compare.js";
import { matmul } from "../graph/ops/matmul.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { aggregate } from "./aggregate.js";
import { cosinesOf, presence } from "./columns.js";
import { diagonal, identity, RIDGE, solve } from "./solve/linear.js";
import type { WeightingDefinition } from "./weighting.js";

export interface NashMtlOptions {
  /** The update of shared parameters is scaled down to this length; null: not at all. */
  readonly maxNorm: number | null;
  /** No weight is above it. */
  readonly bound: number;
}

/** Newton steps; tests compare with a precise solver. */
const STEPS = 20;
const FLOOR = 1e-6;

/**
 * Weights α with α_k (G α)_k = 1, G the Gram matrix over shared parameters: the bargaining solution (eq. 2),
 * whose update has length √K and is the same however losses are scaled. All parameters get Σ α_k g_k; that of
 * the shared ones is clipped to `maxNorm`, as published. With α_k = β_k/‖g_k‖ and cosines R, β minimises
 * ½ βᵀRβ - Σ log β: by damped Newton steps, to |β_k (R β)_k - 1| < 1e-4, 1e-2 where gradients conflict so
 * much that β reaches 30. 1e-6 on R's diagonal keep β below 1000 where they cancel.
 */
export const nashMtl: WeightingDefinition<NashMtlOptions> = {
  name: "nash-mtl",
  options: z.strictObject({
    maxNorm: z
      .number()
      .positive()
      .nullable()
      .default(1)
      .describe("the update of shared parameters is scaled down to this L2 norm; null: not at all"),
    bound: z
      .number()
      .positive()
      .default(1e4)
      .describe("no weight is above it, however small a gradient gets"),
  }),
  least: 2,
  needsShared: true,
  combine(context, { maxNorm, bound }) {
    const { lengths, cosines, counted } = cosinesOf(context.gram(), presence(context.objectives));
    const beta = mul(bargain(cosines), counted);
    const alpha = minimum(div(beta, lengths), bound);
    if (maxNorm === null) return aggregate(context, alpha, alpha);
    const scaled = mul(alpha, lengths);
    const norm = sqrt(maximum(reduceSum(mul(scaled, matmul(cosines, scaled))), FLOOR));
    return aggregate(context, mul(alpha, minimum(1, div(maxNorm, norm))), alpha);
  },
};

/** β [K,1] with β_k (R β)_k = 1 for cosines R [K,K]. */
export function bargain(cosines: Tensor): Tensor {
  const count = cosines.shape[0];
  const system = add(cosines, mul(identity(count), RIDGE));
  let beta = reduceSum(identity(count), { axes: [1], keepDims: true });
  for (let step = 0; step < STEPS; step++) {
    const inverse = div(1, beta);
    const error = sub(matmul(system, beta), inverse);
    const move = solve(add(system, diagonal(mul(inverse, inverse))), error);
    const decrement = reduceSum(mul(move, error));
    const damped = div(1, add(sqrt(maximum(decrement, 0)), 1));
    beta = maximum(sub(beta, mul(move, where(greater(decrement, 0.25), damped, 1))), FLOOR);
  }
  return beta;
}

/** @file Impartial multi-task learning, its part for gradients (Liu et al. 2021). */
import { z } from "zod";
import { add, div, mul } from "../graph/ops/arithmetic.js";
import { greater, where } from "../graph/ops/compare.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { abs } from "../graph/ops/unary.js";
import { aggregate } from "./aggregate.js";
import { cosinesOf, presence } from "./columns.js";
import { identity, RIDGE, solve } from "./solve/linear.js";
import type { WeightingDefinition } from "./weighting.js";

/** Weights would be more than this many times their sum of 1: then there is no step. */
const MOST = 1000;

/**
 * Shared parameters get Σ w_k g_k with Σ w = 1, whose product with all g_k/‖g_k‖ is the same (eq. 4):
 * w ∝ G⁻¹ d, G the Gram matrix and d the norms; weights may be negative. 1e-6 on the diagonal of the cosines
 * keep it solvable: products are equal to 1e-3 of themselves where the least eigenvalue of those is above
 * 1e-3. The paper takes gradients in the features that heads read, here they are in shared parameters. A
 * gradient of zero has no part, and where the weights that give equal products cancel (Σ |w| > 1000), all are
 * 0.
 */
export const imtlG: WeightingDefinition<Record<string, never>> = {
  name: "imtl-g",
  options: z.strictObject({}),
  least: 2,
  needsShared: true,
  combine(context) {
    const { lengths, cosines, counted } = cosinesOf(context.gram(), presence(context.objectives));
    const ridged = add(cosines, mul(identity(cosines.shape[0]), RIDGE));
    const free = div(mul(solve(ridged, counted), counted), lengths);
    const total = reduceSum(free);
    const holds = greater(mul(abs(total), MOST), reduceSum(abs(free)));
    return aggregate(context, where(holds, div(free, where(holds, total, 1)), 0));
  },
};

/** @file The multiple gradient descent algorithm (Désidéri 2012; Sener and Koltun 2018). */
import { z } from "zod";
import { div, maximum, mul } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { aggregate } from "./aggregate.js";
import { diagonalOf, losses, presence, unitTrace } from "./columns.js";
import { minimiseOnSimplex } from "./solve/simplex.js";
import type { WeightingContext, WeightingDefinition } from "./weighting.js";

export interface MgdaOptions {
  /** What gradients are divided by before they are compared. */
  readonly normalise: "none" | "l2" | "loss" | "loss+";
}

const TINY = 1e-12;

/**
 * Shared parameters get the shortest vector Σ w_k g_k over w >= 0, Σ w = 1 (eq. 3): its product with no g_k
 * is below its own square, so no objective gets worse. Small gradients weigh most: `normalise` divides
 * gradients by their norms (l2), by the losses (loss) or by both (loss+) before w is found, which then
 * applies to the gradients as they are. Its square is within 1e-6 of the least, in units where those of the
 * g_k sum to 1.
 */
export const mgda: WeightingDefinition<MgdaOptions> = {
  name: "mgda",
  options: z.strictObject({
    normalise: z
      .enum(["none", "l2", "loss", "loss+"])
      .default("none")
      .describe("gradients are compared divided by nothing, their norm, their loss, or both"),
  }),
  least: 2,
  needsShared: true,
  combine(context, { normalise }) {
    const present = presence(context.objectives);
    const gram = unitTrace(normalised(context, normalise), present);
    const derivatives = (w: Tensor) => ({ gradient: matmul(gram, w), hessian: gram });
    return aggregate(context, minimiseOnSimplex(derivatives, present));
  },
};

function normalised(context: WeightingContext, by: MgdaOptions["normalise"]): Tensor {
  const gram = context.gram();
  const norms = maximum(sqrt(maximum(diagonalOf(gram), 0)), TINY);
  const sizes = maximum(losses(context.objectives), TINY);
  const divisors = { none: undefined, l2: norms, loss: sizes, "loss+": mul(norms, sizes) }[by];
  return divisors === undefined ? gram : div(div(gram, divisors), swapLast(divisors));
}

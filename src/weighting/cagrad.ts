/** @file Conflict-averse gradient descent (Liu, Liu, Jin, Stone and Liu 2021). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { aggregate } from "./aggregate.js";
import { presence, unitTrace } from "./columns.js";
import { identity } from "./solve/linear.js";
import { minimiseOnSimplex } from "./solve/simplex.js";
import type { WeightingDefinition } from "./weighting.js";

export interface CagradOptions {
  /** Radius of the ball around the mean gradient, as a share of its length. */
  readonly c: number;
  readonly rescale: "none" | "square" | "linear";
}

/**
 * What is added to squared lengths under the root, where the trace of the Gram matrix is 1: less from step to
 * step, since Newton's method goes astray at the kink of a root of 0.
 */
const SMOOTHING = { first: 0.1, decay: 0.4, last: 1e-7 };
/** Added to the curvature's diagonal, lest rounding makes it negative. */
const CURVATURE = 1e-5;

/**
 * Shared parameters get the vector within c‖g0‖ of the mean gradient g0 whose least product with any g_k is
 * largest: g0 + c‖g0‖ g_w/‖g_w‖, g_w = Σ w_k g_k, with w on the simplex minimising g_w·g0 + c‖g0‖‖g_w‖
 * (eq. 5), divided by 1 + c² (`square`, as published) or 1 + c (`linear`). That minimum is met within 1e-5 in
 * units where the squares of the gradients' lengths sum to 1. Where they cancel (g_w = 0) the update shrinks
 * to g0.
 */
export const cagrad: WeightingDefinition<CagradOptions> = {
  name: "cagrad",
  options: z.strictObject({
    c: z.number().min(0).default(0.5).describe("how far from the mean gradient, as a share of its length"),
    rescale: z
      .enum(["none", "square", "linear"])
      .default("square")
      .describe("the update is divided by 1, 1 + c² or 1 + c"),
  }),
  least: 2,
  needsShared: true,
  combine(context, { c, rescale }) {
    const present = presence(context.objectives);
    const gram = unitTrace(context.gram(), present);
    const mean = div(present, maximum(reduceSum(present), 1));
    const products = matmul(gram, mean);
    const radius = mul(sqrt(maximum(reduceSum(mul(mean, products)), 0)), c);
    const w = leastOf(gram, products, radius, present);
    const stretch = div(radius, lengthOf(w, matmul(gram, w), SMOOTHING.last));
    const divisor = { none: 1, square: 1 + c * c, linear: 1 + c }[rescale];
    return aggregate(context, div(add(mean, mul(w, stretch)), divisor));
  },
};

/** ‖Σ w_k g_k‖ from w and G w; not quite 0. */
const lengthOf = (w: Tensor, image: Tensor, smoothing: number): Tensor =>
  sqrt(add(maximum(reduceSum(mul(w, image)), 0), smoothing));

/** The w on the simplex that minimises w·products + radius ‖Σ w_k g_k‖, for a Gram matrix with trace 1. */
export function leastOf(gram: Tensor, products: Tensor, radius: Tensor, present: Tensor): Tensor {
  const { first, decay, last } = SMOOTHING;
  const ridged = add(gram, mul(identity(gram.shape[0]), CURVATURE));
  return minimiseOnSimplex((w, step) => {
    const image = matmul(gram, w);
    const length = lengthOf(w, image, Math.max(last, first * decay ** step));
    const direction = div(image, length);
    const curvature = sub(ridged, matmul(direction, swapLast(direction)));
    return {
      gradient: add(products, mul(direction, radius)),
      hessian: mul(curvature, div(radius, length)),
    };
  }, present);
}

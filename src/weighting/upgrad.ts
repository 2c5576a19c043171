/** @file UPGrad: unconflicting projection of gradients (Quinton and Rey 2024). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { expand, reshape } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { aggregate } from "./aggregate.js";
import { cosinesOf, presence } from "./columns.js";
import { CENTRING, FLOOR, stepLength } from "./solve/interior.js";
import { diagonal, identity, RIDGE, solve } from "./solve/linear.js";
import type { WeightingDefinition } from "./weighting.js";

/** Interior point steps; tests compare with an exact solver. */
const STEPS = 20;

/**
 * Shared parameters get the mean of the gradients' projections onto the cone of vectors that conflict with
 * none (eq. 4), so no objective gets worse. The projection of g_i is Σ_k v_k g_k with v minimising vᵀGv over
 * v >= e_i, G the Gram matrix: K quadratic programs in cosines, by interior point steps, all at once; the
 * update is within 1e-4 of its length of the exact one.
 */
export const upgrad: WeightingDefinition<Record<string, never>> = {
  name: "upgrad",
  options: z.strictObject({}),
  least: 2,
  needsShared: true,
  combine(context) {
    const present = presence(context.objectives);
    const { lengths, cosines, counted } = cosinesOf(context.gram(), present);
    const count = maximum(reduceSum(present), 1);
    const wholes = mul(counted, lengths);
    const weights = div(matmul(swapLast(projections(cosines)), wholes), lengths);
    return aggregate(context, div(mul(weights, counted), count));
  },
};

/** In row i the v that minimises vᵀRv over v >= e_i, R the cosines [K,K]: [K,K]. */
export function projections(cosines: Tensor): Tensor {
  const size = cosines.shape[0];
  const shape = [size, size, 1];
  const least = reshape(identity(size), shape);
  let x: Tensor = expand(filled(1, 3), shape);
  let z = x;
  for (let step = 0; step < STEPS; step++) {
    const products = mul(x, z);
    const target = mul(reduceSum(products, { axes: [1], keepDims: true }), CENTRING / size);
    const c = div(sub(target, products), x);
    const ratio = div(z, x);
    const slope = matmul(cosines, add(least, x));
    const dx = solve(add(diagonal(add(ratio, RIDGE)), cosines), add(sub(z, slope), c));
    const dz = sub(c, mul(ratio, dx));
    const length = stepLength([
      [x, dx],
      [z, dz],
    ]);
    x = maximum(add(x, mul(dx, length)), FLOOR);
    z = maximum(add(z, mul(dz, length)), FLOOR);
  }
  return reshape(add(least, x), [size, size]);
}

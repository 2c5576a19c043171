/** @file Convex functions minimised over the simplex {w : w >= 0, Σ w = 1} inside the graph. */
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { concat, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { CENTRING, FLOOR, stepLength } from "./interior.js";
import { diagonal, RIDGE, solve } from "./linear.js";

/** Enough for 1e-6 of the values in float32; tests compare with exact solvers. */
const STEPS = 20;

/**
 * Gradient [K,1] and Hessian [K,K] of the function at w [K,1], of the order of 1; a function that is not
 * smooth may be smoothed less from step to step.
 */
export type Derivatives = (
  w: Tensor,
  step: number,
) => { readonly gradient: Tensor; readonly hessian: Tensor };

/**
 * The minimiser [K,1], by a fixed number of primal-dual interior point steps. Entries that are not `present`
 * ([K,1], 1 or 0) are 0, and all are where none is.
 */
export function minimiseOnSimplex(derivatives: Derivatives, present: Tensor): Tensor {
  const absent = sub(1, present);
  const count = maximum(reduceSum(present), 1);
  let w = div(present, count);
  let z = w;
  let y: Tensor | undefined;
  for (let step = 0; step < STEPS; step++) {
    const { gradient, hessian } = derivatives(w, step);
    y ??= matmul(swapLast(w), gradient);
    const positive = add(w, absent);
    const products = mul(w, z);
    const target = mul(div(reduceSum(products), count), CENTRING);
    const c = mul(present, div(sub(target, products), positive));
    const ratio = div(z, positive);
    const system = add(hessian, diagonal(add(ratio, add(absent, RIDGE))));
    const free = mul(present, add(sub(add(y, z), gradient), c));
    const solved = solve(system, concat([free, present], 1));
    const [a, b] = [0, 1].map((k) => slice(solved, { axes: [1], starts: [k], ends: [k + 1] }));
    const missing = sub(sub(1, reduceSum(w)), reduceSum(a));
    const dy = div(missing, maximum(reduceSum(b), FLOOR));
    const dw = add(a, mul(b, dy));
    const dz = sub(c, mul(ratio, dw));
    const length = stepLength([
      [positive, dw],
      [add(z, absent), dz],
    ]);
    w = mul(present, maximum(add(w, mul(dw, length)), FLOOR));
    z = mul(present, maximum(add(z, mul(dz, length)), FLOOR));
    y = add(y, mul(dy, length));
  }
  return div(w, maximum(reduceSum(w), FLOOR));
}

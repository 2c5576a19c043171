/** @file What steps of interior point methods have in common. */
import { div, minimum, mul } from "../../graph/ops/arithmetic.js";
import { less, where } from "../../graph/ops/compare.js";
import { reduceMin } from "../../graph/ops/reduce.js";
import { neg } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";

/** A step aims at this share of the complementarity that is left. */
export const CENTRING = 0.1;
/** Variables and multipliers stay above this. */
export const FLOOR = 1e-9;
const FRACTION = 0.99;

/**
 * min(1, 0.99 of what keeps all values positive): values and their changes, columns [...,K,1]; one length
 * [...,1,1] for each column.
 */
export function stepLength(pairs: readonly (readonly [value: Tensor, change: Tensor])[]): Tensor {
  return pairs
    .map(([value, change]) => {
      const shrinks = less(change, 0);
      const reach = where(shrinks, mul(div(value, where(shrinks, neg(change), 1)), FRACTION), 1);
      return minimum(1, reduceMin(reach, { axes: [-2], keepDims: true }));
    })
    .reduce((least, length) => minimum(least, length));
}

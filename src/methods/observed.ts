/**
 * @file What is logged of loss terms: means over the samples that they concern, so that numbers mean the same
 * however few labels a batch has.
 */
import { div, maximum, minimum, mul } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import type { Tensor } from "../graph/tensor.js";
import type { Observed } from "./method.js";

/**
 * The mean of losses [N,...] over those that flags of their shape (0 or more) count; absent where they count
 * none.
 */
export function observedMean(losses: Tensor, flags: Tensor): Observed {
  const count = reduceSum(flags);
  return {
    value: div(reduceSum(mul(losses, flags)), maximum(count, 1)),
    present: minimum(count, 1),
  };
}

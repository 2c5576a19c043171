/** @file Means over the pixels that count. */
import { div, maximum, mul } from "../graph/ops/arithmetic.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import type { Tensor } from "../graph/tensor.js";

/**
 * Mean of values [N,C,H,W] over the pixels with `mask` [N,1,H,W] 1 of each sample, then over the samples; a
 * sample without any counts as 0.
 */
export function maskedAverage(values: Tensor, mask: Tensor): Tensor {
  const options = { axes: [1, 2, 3] };
  const [channels] = values.shape.slice(1);
  const sums = reduceSum(mul(values, mask), options);
  const pixels = maximum(mul(reduceSum(mask, options), channels), 1);
  return reduceMean(div(sums, pixels));
}

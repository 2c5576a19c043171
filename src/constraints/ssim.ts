/** @file Structural similarity of images, weighed by pixel, as the depth-from-video code has it. */
import { add, clip, div, mul, sub } from "../graph/ops/arithmetic.js";
import { averagePool2d } from "../graph/ops/average-pool.js";
import type { Tensor } from "../graph/tensor.js";

/** Least weight of a pixel, lest windows without any divide by nothing. */
const LEAST_WEIGHT = 0.01;

/**
 * Dissimilarity min(max((1 - s) / 2, 0), 1) of images [N,C,H,W] over windows of 3 x 3 pixels, and the mean
 * weight of each window: [N,C,H-2,W-2] and [N,1,H-2,W-2]. Only contrast and structure count (c1 is
 * infinite): s = (2 σ_ab + c2) / (σ_a² + σ_b² + c2), moments weighed by `weight` [N,1,H,W] + 0.01.
 */
export function dissimilarity(
  a: Tensor,
  b: Tensor,
  weight: Tensor,
  c2 = 9e-6,
): { values: Tensor; weights: Tensor } {
  const pooled = (x: Tensor) => averagePool2d(x, { kernel: 3, stride: 1 });
  const weights = pooled(weight);
  const least = add(weight, LEAST_WEIGHT);
  const share = div(1, add(weights, LEAST_WEIGHT));
  const mean = (x: Tensor) => mul(pooled(mul(x, least)), share);
  const [meanA, meanB] = [mean(a), mean(b)];
  const varianceA = sub(mean(mul(a, a)), mul(meanA, meanA));
  const varianceB = sub(mean(mul(b, b)), mul(meanB, meanB));
  const covariance = sub(mean(mul(a, b)), mul(meanA, meanB));
  const similarity = div(add(mul(covariance, 2), c2), add(add(varianceA, varianceB), c2));
  return { values: clip(mul(sub(1, similarity), 0.5), 0, 1), weights };
}

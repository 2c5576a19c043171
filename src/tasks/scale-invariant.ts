/** @file The scale-invariant logarithmic loss of depth. */
import { add, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { less, where } from "../graph/ops/compare.js";
import { log, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { maskedMean } from "./masked.js";

/** Metres below which the logarithm goes on as a line, so that predictions of 0 and less learn, too. */
const NEAR = 0.1;

/** ln x, below 0.1 m its tangent there. */
function logDepth(metres: Tensor): Tensor {
  const tangent = add(mul(sub(metres, NEAR), 1 / NEAR), Math.log(NEAR));
  return where(less(metres, NEAR), tangent, log(maximum(metres, NEAR)));
}

/**
 * mean d² - λ (mean d)² over the valid pixels of each sample, d = ln prediction - ln label (Eigen, Puhrsch
 * and Fergus 2014, eq. 4): [N,1,H,W] -> [N]. λ = 1 takes no notice of the scale, λ = 0 is the squared
 * error.
 */
export function scaleInvariantLoss(prediction: Tensor, label: Tensor, valid: Tensor, lambda: number): Tensor {
  // Labels under an invalid pixel may be 0.
  const difference = sub(logDepth(prediction), log(where(less(label, 1e-6), 1, label)));
  return sub(maskedMean(square(difference), valid), mul(square(maskedMean(difference, valid)), lambda));
}

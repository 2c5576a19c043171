/** @file What single scores, residuals and directions cost. All element by element. */
import { add, maximum, minimum, mul, sub } from "../../graph/ops/arithmetic.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { logSoftmax } from "../../graph/ops/softmax.js";
import { abs, neg, sigmoid, softplus, square } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";

/** Weight of positive targets in the focal loss; its exponent is 2. */
const ALPHA = 0.25;
/** Up to here smooth L1 is a parabola. */
const BETA = 1 / 9;

/**
 * The focal loss of single probabilities (Lin et al. 2017, eq. 5): -alpha_t (1 - p_t)^2 log p_t with p the
 * sigmoid of a logit, alpha 0.25. Targets are zeros and ones.
 */
export function focalLoss(logits: Tensor, targets: Tensor): Tensor {
  const entropy = sub(softplus(logits), mul(logits, targets));
  const hardness = square(sub(sigmoid(logits), targets));
  const alpha = add(mul(targets, 2 * ALPHA - 1), 1 - ALPHA);
  return mul(alpha, mul(hardness, entropy));
}

/** x^2 / (2 beta) for |x| < beta, else |x| - beta / 2, beta 1/9. */
export function smoothL1(difference: Tensor): Tensor {
  const length = abs(difference);
  const near = minimum(length, BETA);
  return add(mul(square(near), 1 / (2 * BETA)), maximum(sub(length, BETA), 0));
}

/** Cross-entropy of two directions: logits and one-hot targets [N,A,2,H,W] -> [N,A,H,W]. */
export function directionLoss(logits: Tensor, targets: Tensor): Tensor {
  return neg(reduceSum(mul(targets, logSoftmax(logits, 2)), { axes: [2] }));
}

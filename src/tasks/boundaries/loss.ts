/** @file What a network learns boundaries from: where enough annotators agree; few pixels weigh more. */
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, greaterOrEqual } from "../../graph/ops/compare.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { log, neg } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { maskedMean, sumChannels } from "../masked.js";
import { agreementOf, type BoundariesSpec } from "./spec.js";

/** Ones where at least `agreement` annotators marked a boundary: [N,A,H,W] -> [N,1,H,W]. */
export function agreedBoundaries(label: Tensor, spec: BoundariesSpec): Tensor {
  // Half below, so that rounding does not matter.
  return cast(greaterOrEqual(sumChannels(label), agreementOf(spec) - 0.5), "float32");
}

/** The least that 32-bit floats know between 1 and a smaller number. */
const LEAST = 2 ** -24;

/**
 * -w y log p - (1 - w)(1 - y) log(1 - p), mean over the valid pixels of each sample: probabilities p, targets
 * y in [0, 1] and `valid` [N,1,H,W] -> [N]. w is `positiveWeight`, or with `auto` the share of 1 - y among a
 * sample's valid pixels (Xie and Tu 2015, eq. 2). Probabilities are kept 2^-24 away from 0 and 1.
 */
export function balancedCrossEntropy(
  probability: Tensor,
  target: Tensor,
  valid: Tensor,
  positiveWeight: number | "auto",
): Tensor {
  const other = sub(1, target);
  const weight = positiveWeight === "auto" ? shareOf(other, valid) : positiveWeight;
  const marked = mul(mul(target, weight), log(maximum(probability, LEAST)));
  const plain = mul(mul(other, sub(1, weight)), log(maximum(sub(1, probability), LEAST)));
  return maskedMean(neg(add(marked, plain)), valid);
}

/** Mean over each sample's valid pixels: [N,1,1,1]. */
function shareOf(x: Tensor, valid: Tensor): Tensor {
  const over = { axes: [1, 2, 3], keepDims: true };
  return div(reduceSum(mul(x, valid), over), maximum(reduceSum(valid, over), 1));
}

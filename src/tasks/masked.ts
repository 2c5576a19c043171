/** @file Building blocks of masked losses, shared by the dense tasks. */
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { logSoftmax } from "../graph/ops/softmax.js";
import { abs, neg, sqrt, square } from "../graph/ops/unary.js";
import { graphError, type Tensor } from "../graph/tensor.js";

/** Σ over everything but the batch: [N,...] -> [N]. */
export function sumPerSample(x: Tensor): Tensor {
  return reduceSum(x, { axes: x.shape.slice(1).map((_, i) => i + 1) });
}

/**
 * Mean over the valid pixels of each sample: Σ x·v / max(Σ v, 1), [N,1,H,W] and a mask of zeros and ones
 * [N,1,H,W] -> [N]. A sample without a valid pixel gives 0 with zero gradient (the published JTR and MTPSL
 * code gives NaN).
 * Values of `x` under a zero must be finite. Throws GraphError where the shapes differ.
 */
export function maskedMean(x: Tensor, valid: Tensor): Tensor {
  if (x.shape.length !== 4 || x.shape[1] !== 1 || x.shape.some((dim, i) => dim !== valid.shape[i])) {
    graphError("maskedMean", "needs values and a mask of one shape [N,1,H,W]", [x, valid]);
  }
  return div(sumPerSample(mul(x, valid)), maximum(sumPerSample(valid), 1));
}

/** Masked mean of |a - b|, which is averaged over channels: [N,C,H,W] -> [N]. */
export function maskedL1(a: Tensor, b: Tensor, valid: Tensor): Tensor {
  const error = abs(sub(a, b));
  return maskedMean(error.shape[1] === 1 ? error : mul(sumChannels(error), 1 / error.shape[1]), valid);
}

/** Masked mean of 1 - a·b for vectors of unit length: [N,C,H,W] -> [N]. */
export function maskedCosine(a: Tensor, b: Tensor, valid: Tensor): Tensor {
  return maskedMean(sub(1, sumChannels(mul(a, b))), valid);
}

/** Masked mean of -Σ_c target_c·log softmax(logits)_c: [N,C,H,W] -> [N]. */
export function maskedCrossEntropy(logits: Tensor, target: Tensor, valid: Tensor): Tensor {
  return maskedMean(neg(sumChannels(mul(target, logSoftmax(logits, 1)))), valid);
}

/** Sum over channels, kept as one: [N,C,H,W] -> [N,1,H,W]. */
export function sumChannels(x: Tensor): Tensor {
  return reduceSum(x, { axes: [1], keepDims: true });
}

/**
 * x / √(Σ_c x² + 1e-8): unit length over channels, [N,C,H,W] -> [N,C,H,W]. The epsilon keeps value and
 * gradient finite at the zero vector and shortens a vector of length 0.1 by 5e-7 of it; the published JTR and
 * MTPSL code has none and gives NaN there.
 */
export function unitChannels(x: Tensor): Tensor {
  return div(x, sqrt(add(sumChannels(square(x)), 1e-8)));
}

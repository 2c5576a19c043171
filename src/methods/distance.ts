/** @file Distances between two latent maps, one value a sample. */
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { abs, sqrt, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";

export type DistanceName = "cosine" | "l1" | "l2";

// Added under the root, so that the gradient of a zero vector is finite; the published code clamps the norms
// at 1e-12.
const EPSILON = 1e-12;

/**
 * Distance of a and b [N,C,H,W] for every sample: [N].
 * cosine: 1 - mean over positions of a·b / (|a| |b|), vectors over channels (JTR sec. 3.3); l1: mean |a - b|;
 * l2: mean (a - b)² (Tab. 16).
 */
export function latentDistance(name: DistanceName, a: Tensor, b: Tensor): Tensor {
  const rest = { axes: [1, 2, 3] };
  if (name === "l1") return reduceMean(abs(sub(a, b)), rest);
  if (name === "l2") return reduceMean(square(sub(a, b)), rest);
  const over = { axes: [1], keepDims: true };
  const product = reduceSum(mul(a, b), over);
  const norms = mul(
    sqrt(add(reduceSum(square(a), over), EPSILON)),
    sqrt(add(reduceSum(square(b), over), EPSILON)),
  );
  return sub(1, reduceMean(div(product, norms), rest));
}

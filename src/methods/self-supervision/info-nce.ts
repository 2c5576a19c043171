/** @file InfoNCE (van den Oord et al. 2018), CompL eq. 2: one positive key and the keys in memory. */
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, equal } from "../../graph/ops/compare.js";
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { reshape } from "../../graph/ops/shape.js";
import { exp, log } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Memory } from "./memory.js";

/** At lower ones exponentials of unit vectors' products leave float32. */
export const LEAST_TEMPERATURE = 0.025;

export interface Contrast {
  /** [N,P,D], unit vectors: of N images, P places each. */
  readonly queries: Tensor;
  /** [N,P,D], unit vectors: the positive of each query. */
  readonly positives: Tensor;
  /** The negatives. */
  readonly memory: Memory;
  /** [N], places of the images: what memory holds of them is no negative of theirs. */
  readonly images: Tensor;
  readonly temperature: number;
}

/**
 * -log(exp(q·k⁺/τ) / (exp(q·k⁺/τ) + Σ exp(q·k/τ))), k in memory but for the image's own: [N,P]. All exponents
 * are lowered by 1/τ, which no product of unit vectors exceeds, and which cancels.
 */
export function infoNce({ queries, positives, memory, images, temperature }: Contrast): Tensor {
  const [n] = queries.shape;
  const [size] = memory.keys.shape;
  const exponents = (scores: Tensor) => mul(sub(scores, 1), 1 / temperature);
  const positive = exponents(reduceSum(mul(queries, positives), { axes: [2] }));
  const isOwn = equal(reshape(memory.owners, [1, 1, size]), reshape(images, [n, 1, 1]));
  const isNegative = sub(1, cast(isOwn, "float32"));
  const powers = mul(exp(exponents(matmul(queries, swapLast(memory.keys)))), isNegative);
  return sub(log(add(exp(positive), reduceSum(powers, { axes: [2] }))), positive);
}

/** @file Sums that may have no summand. */
import { add } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";

/** Σ of scalars; 0 where there is none. */
export function sum(scalars: readonly Tensor[]): Tensor {
  return scalars.length === 0 ? filled(0) : scalars.reduce((total, value) => add(total, value));
}

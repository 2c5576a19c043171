/** @file The numbers of K objectives as columns [K,1], and their gradients' lengths and cosines. */
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, greater, where } from "../graph/ops/compare.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { reshape, slice, stack } from "../graph/ops/shape.js";
import { softmax } from "../graph/ops/softmax.js";
import { detach, sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { diagonal, identity } from "./solve/linear.js";
import type { Objective } from "./weighting.js";

/** Scalars as a column. */
export const column = (scalars: readonly Tensor[]): Tensor => reshape(stack(scalars), [scalars.length, 1]);

/** A column's scalars. */
export function entries(values: Tensor): Tensor[] {
  return Array.from({ length: values.shape[0] }, (_, k) =>
    reshape(slice(values, { axes: [0], starts: [k], ends: [k + 1] }), []),
  );
}

/** Which objectives the batch says something of: 1 or 0. */
export const presence = (objectives: readonly Objective[]): Tensor =>
  detach(column(objectives.map(({ present }) => present)));

/** The losses, without a gradient. */
export const losses = (objectives: readonly Objective[]): Tensor =>
  detach(column(objectives.map(({ loss }) => loss)));

/** A column's mean over those entries where `present` is 1. */
export const meanOf = (values: Tensor, present: Tensor): Tensor =>
  div(reduceSum(mul(values, present)), maximum(reduceSum(present), 1));

/** exp(x) / Σ exp(x) of a column over those entries where `present` is 1; the others are 0. */
export function softmaxOver(x: Tensor, present: Tensor): Tensor {
  return mul(softmax(sub(mul(x, present), mul(sub(1, present), FAR)), 0), present);
}

/** Entries this far below the others have no part in a softmax. */
const FAR = 1e4;

/** The diagonal of a matrix [K,K]. */
export const diagonalOf = (matrix: Tensor): Tensor =>
  reduceSum(mul(matrix, identity(matrix.shape[0])), { axes: [1], keepDims: true });

/** Squares of lengths below this count as none. */
const NO_LENGTH = 1e-30;

export interface Cosines {
  /** Lengths, 1 for those that are not counted: [K,1]. */
  readonly lengths: Tensor;
  /** Cosines between those that are counted, those of the identity for the others: [K,K]. */
  readonly cosines: Tensor;
  /** 1 for the gradients that are counted: present and not zero. */
  readonly counted: Tensor;
}

/** Lengths and cosines of gradients with the Gram matrix [K,K]. */
export function cosinesOf(gram: Tensor, present: Tensor): Cosines {
  const squares = diagonalOf(gram);
  const long = greater(mul(squares, present), NO_LENGTH);
  const counted = cast(long, "float32");
  const lengths = sqrt(where(long, squares, 1));
  const pairs = matmul(counted, swapLast(counted));
  const normalised = div(div(gram, lengths), swapLast(lengths));
  return { lengths, cosines: add(mul(normalised, pairs), diagonal(sub(1, counted))), counted };
}

/** A Gram matrix over those that are present, divided by its trace. */
export function unitTrace(gram: Tensor, present: Tensor): Tensor {
  const masked = mul(gram, matmul(present, swapLast(present)));
  return div(masked, maximum(reduceSum(diagonalOf(masked)), NO_LENGTH));
}

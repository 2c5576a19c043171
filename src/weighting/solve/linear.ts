/** @file Small systems of linear equations inside the graph. */
import { div, mul, sub } from "../../graph/ops/arithmetic.js";
import { constant } from "../../graph/ops/leaf.js";
import { concat, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";

/**
 * What is added to the diagonal of matrices whose entries are of the order of 1, so that float32 can solve
 * with them where gradients depend linearly on each other.
 */
export const RIDGE = 1e-6;

/** The identity [K,K]. */
export function identity(size: number): Tensor {
  const data = Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return constant(data, [size, size]);
}

/** Columns [...,K,1] as diagonal matrices [...,K,K]. */
export function diagonal(column: Tensor): Tensor {
  return mul(identity(column.shape[column.shape.length - 2]), column);
}

/**
 * X [...,K,M] with A X = B, by Gauss-Jordan elimination: for symmetric positive definite A [...,K,K], which
 * need no pivoting; 7 nodes a row. B has A's leading axes.
 */
export function solve(a: Tensor, b: Tensor): Tensor {
  const rank = a.shape.length;
  const size = a.shape[rank - 1];
  let joined = concat([a, b], rank - 1);
  const width = joined.shape[rank - 1];
  const columns = (x: Tensor, from: number, to: number) =>
    slice(x, { axes: [rank - 1], starts: [from], ends: [to] });
  for (let k = 0; k < size; k++) {
    const row = slice(joined, { axes: [rank - 2], starts: [k], ends: [k + 1] });
    const unit = constant(
      Array.from({ length: size }, (_, i) => (i === k ? 1 : 0)),
      [size, 1],
    );
    const factors = sub(columns(joined, k, k + 1), unit);
    joined = sub(joined, mul(factors, div(row, columns(row, k, k + 1))));
  }
  return columns(joined, size, width);
}

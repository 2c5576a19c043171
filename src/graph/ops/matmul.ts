/** @file Matrix products. */
import { apply, broadcastShapes, defineOperator, graphError, type Tensor } from "../tensor.js";
import { transpose } from "./shape.js";

export const MatMul = defineOperator({
  name: "MatMul",
  infer: ([a, b]) => {
    const [ra, rb] = [a.shape.length, b.shape.length];
    if (
      ra < 2 ||
      rb < 2 ||
      a.shape[ra - 1] !== b.shape[rb - 2] ||
      a.dtype !== "float32" ||
      b.dtype !== "float32"
    ) {
      graphError("matmul", "needs float32 [...,M,K] and [...,K,N]", [a, b]);
    }
    const batch = broadcastShapes(
      "matmul",
      { ...a, shape: a.shape.slice(0, -2) },
      { ...b, shape: b.shape.slice(0, -2) },
    );
    return [{ shape: [...batch, a.shape[ra - 2], b.shape[rb - 1]], dtype: "float32" }];
  },
  gradient: ({ inputs: [a, b], grad, needs }) => [
    needs(0) ? matmul(grad, swapLast(b)) : null,
    needs(1) ? matmul(swapLast(a), grad) : null,
  ],
  lower: ({ names, emit }) => [emit("MatMul", names)],
});

/**
 * [...,M,K] x [...,K,N] -> [...,M,N], leading axes broadcast. Throws GraphError where the shapes do not fit.
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  return apply(MatMul, [a, b], {});
}

/** Transposes the last two axes. */
export function swapLast(x: Tensor): Tensor {
  const rank = x.shape.length;
  const axes = x.shape.map((_, i) => i);
  return transpose(x, [...axes.slice(0, rank - 2), rank - 1, rank - 2]);
}

/** @file Where the largest value along an axis stands. */
import { apply, defineOperator, graphError, normaliseAxes, type Tensor } from "../tensor.js";

export const ArgMax = defineOperator<{ axis: number }>({
  name: "ArgMax",
  infer: ([x], { axis }) => {
    if (x.dtype !== "float32") graphError("ArgMax", "needs a float32 tensor", [x]);
    return [{ shape: x.shape.map((dim, i) => (i === axis ? 1 : dim)), dtype: "int64" }];
  },
  gradient: "none",
  lower: ({ names, attributes: { axis }, emit }) => [emit("ArgMax", names, { axis, keepdims: 1 })],
});

/**
 * Index of the largest value along one axis, the first of several, which stays with length 1: int64. Throws
 * GraphError on an axis out of range.
 */
export function argMax(x: Tensor, axis: number): Tensor {
  return apply(ArgMax, [x], { axis: normaliseAxes("argMax", [axis], x.shape.length)[0] });
}

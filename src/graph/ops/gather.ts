/**
 * @file Reading and adding at computed places: gather, gatherElements, scatterAdd. Each is the others'
 * gradient.
 */
import {
  apply,
  defineOperator,
  graphError,
  normaliseAxes,
  type Operator,
  sameShape,
  sizeOf,
  type Tensor,
} from "../tensor.js";
import { cast } from "./compare.js";
import { filled } from "./leaf.js";
import { expand, reshape } from "./shape.js";

type AxisAttributes = { axis: number };

function checkIndices(op: string, x: Tensor, indices: Tensor): void {
  if (x.dtype !== "float32" || (indices.dtype !== "int64" && indices.dtype !== "int32")) {
    graphError(op, "needs a float32 tensor and int64 or int32 indices", [x, indices]);
  }
}

/** Whether shapes fit but for one axis, `part` being no larger than `whole` elsewhere. */
function fitsBesides(axis: number, part: Tensor, whole: Tensor): boolean {
  return (
    part.shape.length === whole.shape.length &&
    part.shape.every((dim, i) => i === axis || dim <= whole.shape[i])
  );
}

function zeros(like: Tensor): Tensor {
  return expand(filled(0, like.shape.length), like.shape);
}

export const Gather: Operator<AxisAttributes> = defineOperator<AxisAttributes>({
  name: "Gather",
  infer: ([x, indices], { axis }) => {
    checkIndices("gather", x, indices);
    return [
      { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], dtype: x.dtype },
    ];
  },
  gradient: ({ inputs: [x, indices], grad, attributes: { axis } }) => {
    const count = sizeOf(indices.shape);
    const shape = x.shape.map((dim, i) => (i === axis ? count : dim));
    // int32, because WebGPU cannot expand int64.
    const list = reshape(
      cast(indices, "int32"),
      x.shape.map((_, i) => (i === axis ? count : 1)),
    );
    return [scatterAdd(zeros(x), expand(list, shape), reshape(grad, shape), axis), null];
  },
  lower: ({ names, attributes: { axis }, emit }) => [emit("Gather", names, { axis })],
});

export const GatherElements: Operator<AxisAttributes> = defineOperator<AxisAttributes>({
  name: "GatherElements",
  infer: ([x, indices], { axis }) => {
    checkIndices("gatherElements", x, indices);
    if (!fitsBesides(axis, indices, x)) {
      graphError("gatherElements", `indices must have x's rank and be no larger outside axis ${axis}`, [
        x,
        indices,
      ]);
    }
    return [{ shape: indices.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [x, indices], grad, attributes: { axis } }) => [
    scatterAdd(zeros(x), indices, grad, axis),
    null,
  ],
  lower: ({ names, attributes: { axis }, emit }) => [emit("GatherElements", names, { axis })],
});

export const ScatterAdd: Operator<AxisAttributes> = defineOperator<AxisAttributes>({
  name: "ScatterAdd",
  infer: ([x, indices, updates], { axis }) => {
    checkIndices("scatterAdd", x, indices);
    if (!sameShape(indices.shape, updates.shape) || updates.dtype !== x.dtype) {
      graphError("scatterAdd", "updates must be float32 and have the shape of indices", [
        x,
        indices,
        updates,
      ]);
    }
    if (!fitsBesides(axis, indices, x)) {
      graphError("scatterAdd", `indices must have x's rank and be no larger outside axis ${axis}`, [
        x,
        indices,
      ]);
    }
    return [{ shape: x.shape, dtype: x.dtype }];
  },
  gradient: ({ inputs: [, indices], grad, attributes: { axis }, needs }) => [
    grad,
    null,
    needs(2) ? gatherElements(grad, indices, axis) : null,
  ],
  lower: ({ names, attributes: { axis }, emit }) => [
    emit("ScatterElements", names, { axis, reduction: "add" }),
  ],
});

/**
 * Entries of x along an axis: result axis `axis` is replaced by the axes of `indices` (int64 or int32, any
 * rank, 0..size-1; ONNX Runtime fails at run time on others). Differentiable in x. Throws GraphError on other
 * types; so do the others here.
 */
export function gather(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(Gather, [x, indices], { axis: normaliseAxes("gather", [axis], x.shape.length)[0] });
}

/** result[i][j] = x[indices[i][j]][j] for axis 0 and so on; has the shape of `indices`, whose rank is x's. */
export function gatherElements(x: Tensor, indices: Tensor, axis: number): Tensor {
  return apply(GatherElements, [x, indices], {
    axis: normaliseAxes("gatherElements", [axis], x.shape.length)[0],
  });
}

/**
 * x with updates[i][j] added at [indices[i][j]][j] for axis 0 and so on; repeated places add up.
 * Differentiable in x and updates.
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, axis: number): Tensor {
  return apply(ScatterAdd, [x, indices, updates], {
    axis: normaliseAxes("scatterAdd", [axis], x.shape.length)[0],
  });
}

/** @file Max pooling that remembers where each maximum was, and the unpooling that puts values back there. */

import type { LowerContext } from "../lowering.js";
import {
  apply,
  defineOperator,
  graphError,
  type Operator,
  type Shape,
  sameShape,
  type Tensor,
} from "../tensor.js";
import {
  emitFold,
  emitWindows,
  onnxWindow,
  type PoolOptions,
  pooledShape,
  type WindowAttributes,
  windowAttributes,
} from "./pool-window.js";

/** Windows over an image [N,C,H,W] of `shape`. */
export type MaxPoolAttributes = WindowAttributes & { shape: Shape };

export const MaxPool2d: Operator<MaxPoolAttributes> = defineOperator<MaxPoolAttributes>({
  name: "MaxPool2d",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes), dtype: x.dtype }],
  gradient: ({ inputs: [x], grad, attributes }) => [
    apply(MaxUnpool2d, [grad, indicesOf(x, attributes)], attributes),
  ],
  lower: ({ names, attributes, emit }) => [emit("MaxPool", names, onnxWindow(attributes))],
});

/**
 * Where each window has its (first) maximum. What the numbers mean is the spelling's own affair: a position
 * within the window in the portable spelling (as float32, WebGPU having no int64), ONNX's flat index on the
 * CPU. Not to be made a graph's output.
 */
export const MaxPoolIndices: Operator<MaxPoolAttributes> = defineOperator<MaxPoolAttributes>({
  name: "MaxPoolIndices",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes), dtype: "int64" }],
  gradient: "none",
  lower: (context) => {
    const { attributes, names, emit } = context;
    const count = attributes.kernel[0] * attributes.kernel[1];
    const windows = emitWindows(context, names[0], attributes.shape, attributes);
    const largest = emit("ReduceMax", [windows, context.ints([1])], { keepdims: 1 });
    const ramp = context.constant(
      Array.from({ length: count }, (_, i) => i),
      [count, 1, 1],
    );
    const candidates = emit("Where", [emit("Equal", [windows, largest]), ramp, context.scalar(count)]);
    const first = emit("ReduceMin", [candidates, context.ints([1])], { keepdims: 1 });
    return [context.reshape(first, context.outputs[0].shape)];
  },
});

/** Puts pooled values where the maxima were, adding where windows overlap: the adjoint of pooling. */
export const MaxUnpool2d: Operator<MaxPoolAttributes> = defineOperator<MaxPoolAttributes>({
  name: "MaxUnpool2d",
  infer: (_, { shape }) => [{ shape, dtype: "float32" }],
  gradient: ({ inputs: [, indices], grad, attributes }) => [
    apply(MaxPoolGather, [grad, indices], attributes),
    null,
  ],
  lower: (context) => {
    const { attributes, names, emit } = context;
    const values = context.reshape(names[0], planesOf(attributes));
    return [emitFold(context, emit("Mul", [emitMask(context), values]), attributes.shape, attributes)];
  },
});

/** Reads an image where the maxima were. */
export const MaxPoolGather: Operator<MaxPoolAttributes> = defineOperator<MaxPoolAttributes>({
  name: "MaxPoolGather",
  infer: ([, indices]) => [{ shape: indices.shape, dtype: "float32" }],
  gradient: ({ inputs: [, indices], grad, attributes }) => [
    apply(MaxUnpool2d, [grad, indices], attributes),
    null,
  ],
  lower: (context) => {
    const { attributes, names, emit, ints } = context;
    const windows = emitWindows(context, names[0], attributes.shape, attributes);
    const chosen = emit("ReduceSum", [emit("Mul", [emitMask(context), windows]), ints([1])], { keepdims: 1 });
    return [context.reshape(chosen, pooledShape(attributes.shape, attributes))];
  },
});

function planesOf(attributes: MaxPoolAttributes): number[] {
  const [n, c, rows, columns] = pooledShape(attributes.shape, attributes);
  return [n * c, 1, rows, columns];
}

/** One at the maximum's position, zero elsewhere: [N*C, window positions, pooled H, pooled W]. */
function emitMask(context: LowerContext<MaxPoolAttributes>): string {
  const { attributes, names, emit } = context;
  const count = attributes.kernel[0] * attributes.kernel[1];
  const ramp = context.constant(
    Array.from({ length: count }, (_, i) => i),
    [count, 1, 1],
  );
  const positions = context.reshape(names[1], planesOf(attributes));
  return emit("Cast", [emit("Equal", [positions, ramp])], { to: 1 });
}

function indicesOf(x: Tensor, attributes: MaxPoolAttributes): Tensor {
  return apply(MaxPoolIndices, [x], attributes);
}

export interface MaxPooled {
  /** The maxima [N,C,H',W']. */
  output: Tensor;
  /** Where they were: for `maxUnpool2d` alone; what the numbers mean depends on the provider. */
  indices: Tensor;
}

/**
 * Largest value of each window: [N,C,H,W] to [N,C,H',W'] with H' = floor((H + 2 padding - kernel) / stride) +
 * 1. The first of equal maxima, row by row, gets the gradient. Throws GraphError where the window does not
 * fit.
 */
export function maxPool2d(x: Tensor, options: PoolOptions): MaxPooled {
  const attributes = { ...windowAttributes("maxPool2d", x, options), shape: x.shape };
  return { output: apply(MaxPool2d, [x], attributes), indices: indicesOf(x, attributes) };
}

/**
 * Puts each value of x [N,C,H',W'] where `maxPool2d` found the maximum, zero elsewhere; has the pooled
 * image's shape [N,C,H,W]. Where windows overlap and share a maximum, values are added (PyTorch keeps the
 * last). Throws GraphError where `indices` is not `maxPool2d`'s or its shape is not x's.
 */
export function maxUnpool2d(x: Tensor, indices: Tensor): Tensor {
  if (indices.node.op.name !== MaxPoolIndices.name)
    graphError("maxUnpool2d", "indices must be those of maxPool2d", [indices]);
  if (x.dtype !== "float32" || !sameShape(x.shape, indices.shape)) {
    graphError("maxUnpool2d", "x must be float32 and have the shape of indices", [x, indices]);
  }
  return apply(MaxUnpool2d, [x, indices], indices.node.attributes as MaxPoolAttributes);
}

/** @file The graph: symbolic tensors over ONNX operators, their gradients, clean-up and the ONNX writer. */
export * from "./gradients.js";
export { lowerGraph, PORTABLE, type Target } from "./lowering.js";
export { decodeModel, encodeModel } from "./onnx.js";
export type { OnnxGraph } from "./onnx-graph.js";
export { argMax } from "./ops/arg-max.js";
export * from "./ops/arithmetic.js";
export {
  type AveragePoolOptions,
  averagePool2d,
  globalAveragePool2d,
  globalMaxPool2d,
} from "./ops/average-pool.js";
export * from "./ops/batch-norm.js";
export * from "./ops/channel.js";
export * from "./ops/compare.js";
export { type ConvOptions, conv2d, convTranspose2d } from "./ops/conv2d.js";
export { dropout } from "./ops/dropout.js";
export { gather, gatherElements, scatterAdd } from "./ops/gather.js";
export { type GridSampleOptions, gridSample } from "./ops/grid-sample.js";
export { constant, filled, input } from "./ops/leaf.js";
export { matmul, swapLast } from "./ops/matmul.js";
export { type MaxPooled, maxPool2d, maxUnpool2d } from "./ops/max-pool.js";
export { groupNorm, instanceNorm, l2Normalise, layerNorm } from "./ops/norm.js";
export type { PoolOptions } from "./ops/pool-window.js";
export * from "./ops/reduce.js";
export { resizeBilinear, resizeNearest } from "./ops/resize.js";
export * from "./ops/shape.js";
export { logSoftmax, softmax } from "./ops/softmax.js";
export * from "./ops/unary.js";
export { OLDEST_OPSET, OPSET } from "./opset.js";
export { type DType, type Shape, sameShape, sizeOf, type Tensor, type TensorType } from "./tensor.js";

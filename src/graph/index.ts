/** @file The graph: symbolic tensors over ONNX operators, their gradients, clean-up and the ONNX writer. */
export * from "./gradients.js";
export { lowerGraph, PORTABLE, type OnnxGraph, type Target } from "./lowering.js";
export { decodeModel, encodeModel, OPSET } from "./onnx.js";
export * from "./ops/arithmetic.js";
export * from "./ops/compare.js";
export { constant, filled, input } from "./ops/leaf.js";
export * from "./ops/reduce.js";
export * from "./ops/shape.js";
export * from "./ops/unary.js";
export { type DType, type Shape, sameShape, sizeOf, type Tensor, type TensorType } from "./tensor.js";

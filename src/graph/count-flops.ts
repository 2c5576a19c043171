/** @file Floating-point operations of a graph's convolutions and matrix products. */
import { topologicalOrder } from "./lowering.js";
import { simplify } from "./simplify.js";
import { type Node, sizeOf, type Tensor } from "./tensor.js";

/** Multiplications and additions, each counted as one; elementwise work is left out. */
export function countFlops(outputs: readonly Tensor[]): number {
  return countWork(outputs).flops;
}

/** Operations as `countFlops` has them, and values that are written. */
export function countWork(outputs: readonly Tensor[]): { readonly flops: number; readonly values: number } {
  const nodes = topologicalOrder(simplify(outputs));
  const written = (node: Node) => node.outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return {
    flops: nodes.reduce((sum, node) => sum + flopsOf(node), 0),
    values: nodes.reduce((sum, node) => sum + written(node), 0),
  };
}

function flopsOf({ op, inputs, outputs }: Node): number {
  switch (op.name) {
    case "Conv2d":
      return 2 * sizeOf(outputs[0].shape) * sizeOf(inputs[1].shape.slice(1));
    case "Conv2dInputGrad":
      return 2 * sizeOf(inputs[0].shape) * sizeOf(inputs[1].shape.slice(1));
    case "Conv2dFilterGrad":
      return 2 * sizeOf(inputs[1].shape) * sizeOf(outputs[0].shape.slice(1));
    case "MatMul":
      return 2 * sizeOf(outputs[0].shape) * inputs[0].shape[inputs[0].shape.length - 1];
    default:
      return 0;
  }
}

/** @file Floating-point operations of a step's convolutions and matrix products. */
import { topologicalOrder } from "../../src/graph/lowering.js";
import { simplify } from "../../src/graph/simplify.js";
import { type Node, sizeOf, type Tensor } from "../../src/graph/tensor.js";

/** Multiplications and additions, each counted as one; elementwise work is left out. */
export function countFlops(outputs: readonly Tensor[]): number {
  return topologicalOrder(simplify(outputs)).reduce((sum, node) => sum + flopsOf(node), 0);
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

/**
 * @file Which tensors are zero whatever their leaves hold. Networks that join what tasks do separately (heads
 * as one convolution) give every task a gradient for the others' parameters, of which all entries are zero.
 */
import { topologicalOrder } from "./lowering.js";
import { constantData } from "./ops/leaf.js";
import type { Node, Tensor } from "./tensor.js";

/** First entry along an axis that may differ from zero, and the one after the last. */
type Range = readonly [from: number, to: number];

/** Zero where any of these inputs is. */
const PRODUCTS: Readonly<Record<string, readonly number[]>> = {
  Mul: [0, 1],
  MatMul: [0, 1],
  Div: [0],
  Conv2dFilterGrad: [0, 1],
  Conv2dInputGrad: [0, 1],
  ReluGrad: [1],
  Reshape: [0],
  Transpose: [0],
  Expand: [0],
  ReduceSum: [0],
  Neg: [0],
  Resize2dAdjoint: [0],
  Slice: [0],
};
const SUMS: ReadonlySet<string> = new Set(["Add", "Sub", "Concat"]);

/** Those of the tensors that their operators' structure shows to be zero; there may be others. */
export function structuralZeros(tensors: readonly Tensor[]): ReadonlySet<Tensor> {
  const zeros = new Set<Tensor>();
  for (const node of topologicalOrder(tensors)) {
    if (isZero(node, zeros)) for (const output of node.outputs) zeros.add(output);
  }
  return new Set(tensors.filter((tensor) => zeros.has(tensor)));
}

function isZero(node: Node, zeros: ReadonlySet<Tensor>): boolean {
  const { op, inputs, outputs } = node;
  if (op.name === "Constant") return allZero(constantData(outputs[0])!);
  if (SUMS.has(op.name)) return inputs.every((input) => zeros.has(input));
  if ((PRODUCTS[op.name] ?? []).some((i) => zeros.has(inputs[i]))) return true;
  if (op.name !== "Slice") return false;
  const { axes, starts, ends } = node.attributes as Record<string, readonly number[]>;
  return axes.some((axis, i) => {
    const [from, to] = rangeOf(inputs[0], axis);
    return ends[i] <= from || starts[i] >= to;
  });
}

function allZero(data: ArrayLike<number>): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) return false;
  return true;
}

/** Outside it the tensor is zero. */
function rangeOf({ node, shape }: Tensor, axis: number): Range {
  const { inputs, attributes } = node;
  switch (node.op.name) {
    case "Pad": {
      if (attributes.value !== 0) break;
      const from = (attributes.before as number[])[axis];
      return [from, from + inputs[0].shape[axis]];
    }
    case "Resize2dAdjoint":
      if (axis > 1) break;
      return rangeOf(inputs[0], axis);
    case "Conv2dFilterGrad":
      if (axis !== 0) break;
      return rangeOf(inputs[1], 1);
    case "ReduceSum": {
      if (attributes.keepDims === true) return rangeOf(inputs[0], axis);
      const kept = inputs[0].shape.map((_, i) => i).filter((i) => !(attributes.axes as number[]).includes(i));
      return rangeOf(inputs[0], kept[axis]);
    }
    case "Add": {
      if (inputs.some((input) => String(input.shape) !== String(shape))) break;
      const [a, b] = inputs.map((input) => rangeOf(input, axis));
      return [Math.min(a[0], b[0]), Math.max(a[1], b[1])];
    }
  }
  return [0, shape[axis]];
}

/** @file Leaves of a graph: named inputs (batches, parameters, state) and constants. */
import {
  apply,
  type DType,
  defineOperator,
  graphError,
  type Node,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.js";

export const Input = defineOperator<{ name: string; shape: Shape; dtype: DType }>({
  name: "Input",
  infer: (_, { shape, dtype }) => [{ shape, dtype }],
  gradient: "none",
  lower: ({ attributes }) => [attributes.name],
});

export const Constant = defineOperator<{ data: ArrayLike<number>; shape: Shape; dtype: DType }>({
  name: "Constant",
  infer: (_, { data, shape, dtype }) => {
    if (data.length !== sizeOf(shape)) {
      graphError("constant", `shape [${shape}] holds ${sizeOf(shape)} values but ${data.length} were given`);
    }
    return [{ shape, dtype }];
  },
  gradient: "none",
  lower: ({ attributes, constant }) => [constant(attributes.data, attributes.shape, attributes.dtype)],
});

/**
 * A named value given from outside: a batch, a parameter or state. Two inputs of one name and type are one
 * value.
 */
export function input(name: string, shape: Shape, dtype: DType = "float32"): Tensor {
  return apply(Input, [], { name, shape: [...shape], dtype });
}

/**
 * A constant. `data` is row-major and must not be changed afterwards. Throws GraphError where it does not
 * fill `shape`.
 */
export function constant(
  data: ArrayLike<number> | number,
  shape: Shape = [],
  dtype: DType = "float32",
): Tensor {
  return apply(Constant, [], { data: typeof data === "number" ? [data] : data, shape: [...shape], dtype });
}

/**
 * A constant with one value everywhere, stored as a scalar of rank `shape.length` (all ones) and thus
 * broadcastable.
 */
export function filled(value: number, rank = 0, dtype: DType = "float32"): Tensor {
  return constant([value], new Array(rank).fill(1), dtype);
}

/** An operand of a binary operator as a tensor: a number becomes a constant of the other operand's type. */
export function operand(value: Tensor | number, other: Tensor | number): Tensor {
  return typeof value === "number"
    ? filled(value, 0, typeof other === "number" ? "float32" : other.dtype)
    : value;
}

export function isLeaf(node: Node): boolean {
  return node.op.name === Input.name;
}

export function leafName(node: Node): string {
  return node.attributes.name as string;
}

/** The data of a constant, or null for any other tensor. */
export function constantData(tensor: Tensor): ArrayLike<number> | null {
  return tensor.node.op.name === Constant.name ? (tensor.node.attributes.data as ArrayLike<number>) : null;
}

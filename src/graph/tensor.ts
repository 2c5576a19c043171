/** @file Symbolic tensors: immutable values with a static shape, and the operators that produce them. */
import { GraphError } from "../common/errors.js";
import type { LowerContext } from "./lowering.js";

export type DType = "float32" | "int64" | "int32" | "bool";
export type Shape = readonly number[];
/** Attributes are plain JSON data, so that structurally equal nodes can be recognised. */
export type Attributes = Readonly<Record<string, unknown>>;

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One output of one node. The graph is whatever is reachable from the tensors one holds. */
export interface Tensor extends TensorType {
  readonly node: Node;
  readonly index: number;
}

export interface Node {
  readonly op: Operator;
  readonly inputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly outputs: readonly Tensor[];
}

/** What an operator's gradient rule sees. */
export interface GradientContext<A extends Attributes = Attributes> {
  readonly node: Node;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  /** Cotangent of each output; `null` where nothing depends on it. */
  readonly outputGradients: readonly (Tensor | null)[];
  /** Cotangent of output 0. Call only for operators whose first output is always differentiated. */
  readonly grad: Tensor;
  /** Whether the gradient of input i is wanted: skip the work where it is not. */
  needs(input: number): boolean;
}

/**
 * An operator: shape rule, ONNX form and gradient rule together.
 * `gradient` returns one tensor per input (`null` where there is none); a result that is larger than its
 * input because the operator broadcast it is summed back by the driver. `gradient: "none"` marks operators
 * that have no gradient by nature.
 */
export interface Operator<A extends Attributes = Attributes> {
  readonly name: string;
  infer(inputs: readonly Tensor[], attributes: A): readonly TensorType[];
  readonly gradient: "none" | ((context: GradientContext<A>) => readonly (Tensor | null)[]);
  /** Emits the portable ONNX spelling; returns the names of the output values. */
  lower(context: LowerContext<A>): readonly string[];
}

/** Declares an operator; exists so that its attribute type is inferred once. */
export function defineOperator<A extends Attributes = Attributes>(operator: Operator<A>): Operator<A> {
  return operator;
}

/** Applies an operator with several outputs. */
export function applyMany<A extends Attributes>(
  op: Operator<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  const types = op.infer(inputs, attributes);
  const outputs: Tensor[] = [];
  const node: Node = { op: op as unknown as Operator, inputs, attributes, outputs };
  types.forEach((type, index) => {
    for (const dim of type.shape) {
      if (!Number.isInteger(dim) || dim < 0) {
        throw new GraphError(`${op.name}: output shape [${type.shape}] is not made of whole numbers >= 0`);
      }
    }
    outputs.push(Object.freeze({ shape: Object.freeze([...type.shape]), dtype: type.dtype, node, index }));
  });
  Object.freeze(outputs);
  return outputs;
}

/** Applies an operator with one output. */
export function apply<A extends Attributes>(
  op: Operator<A>,
  inputs: readonly Tensor[],
  attributes: A,
): Tensor {
  return applyMany(op, inputs, attributes)[0];
}

/** The text of a number, -0 and 0 apart: their quotients differ. */
export function exactText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

export function describe(type: TensorType): string {
  return `${type.dtype}[${type.shape.join(",")}]`;
}

/** Throws a GraphError that names the operator and, if given, the tensors' types. */
export function graphError(op: string, problem: string, tensors: readonly TensorType[] = []): never {
  const seen = tensors.length === 0 ? "" : `; got ${tensors.map(describe).join(", ")}`;
  throw new GraphError(`${op}: ${problem}${seen}`);
}

/** Numpy broadcasting of two shapes. Throws naming the operator where they do not fit. */
export function broadcastShapes(op: string, a: Tensor, b: Tensor): Shape {
  const rank = Math.max(a.shape.length, b.shape.length);
  const result: number[] = [];
  for (let i = 0; i < rank; i++) {
    const da = a.shape[a.shape.length - rank + i] ?? 1;
    const db = b.shape[b.shape.length - rank + i] ?? 1;
    if (da !== db && da !== 1 && db !== 1) graphError(op, "shapes cannot be broadcast together", [a, b]);
    result.push(da === 1 ? db : da);
  }
  return result;
}

/** Resolves negative axes and rejects ones out of range or repeated. Result is sorted ascending. */
export function normaliseAxes(op: string, axes: readonly number[], rank: number): number[] {
  const result = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  for (const axis of result) {
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank) {
      graphError(op, `axis ${axis} is outside a tensor of rank ${rank}`);
    }
  }
  if (new Set(result).size !== result.length) graphError(op, `axes [${axes}] repeat one axis`);
  return result.sort((x, y) => x - y);
}

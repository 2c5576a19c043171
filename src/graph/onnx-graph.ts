/**
 * @file A graph in ONNX's own terms, as plain data: what `lowerGraph` makes of tensors and `encodeModel`
 * writes.
 */
import type { TensorType } from "./tensor.js";

/** Nodes that run only where an `If` takes them. They may read every value of the graph around them. */
export interface OnnxBranch {
  readonly nodes: readonly OnnxNode[];
  readonly outputs: readonly OnnxOutput[];
}

/** ONNX attributes: a plain number is an INT, a list of numbers INTS; floats are marked. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly branch: OnnxBranch };

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: TensorType;
  readonly data: ArrayLike<number>;
}

export interface OnnxOutput {
  readonly name: string;
  readonly type: TensorType;
  /** A sequence of such tensors instead of one. */
  readonly sequence?: true;
}

/** A whole graph, ready to be encoded. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly { readonly name: string; readonly type: TensorType }[];
  readonly outputs: readonly OnnxOutput[];
}

export function isBranch(attribute: OnnxAttribute): attribute is { readonly branch: OnnxBranch } {
  return typeof attribute === "object" && "branch" in attribute;
}

/**
 * Everything that must be there before a node runs: its inputs, and what its branches read of the graph
 * around it.
 */
export function valuesRead({ inputs, attributes }: OnnxNode): readonly string[] {
  const captured = Object.values(attributes).flatMap((attribute) => {
    if (!isBranch(attribute)) return [];
    const { nodes } = attribute.branch;
    const own = new Set(nodes.flatMap(({ outputs }) => outputs));
    return nodes.flatMap(valuesRead).filter((value) => !own.has(value));
  });
  return captured.length === 0 ? inputs : [...inputs, ...captured];
}

/** The node under new names of values, those its branches read among them. */
export function renameValues(node: OnnxNode, rename: (value: string) => string): OnnxNode {
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    if (!isBranch(attribute)) return [name, attribute] as const;
    const nodes = attribute.branch.nodes.map((inner) => renameValues(inner, rename));
    return [name, { branch: { ...attribute.branch, nodes } }] as const;
  });
  return {
    ...node,
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    attributes: Object.fromEntries(attributes),
  };
}

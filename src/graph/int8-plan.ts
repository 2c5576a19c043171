/** @file Which values of a model are quantised, and a model that tells their ranges. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import { decodeModel } from "./onnx.js";

/** Convolutions by stored filters, and values that are to be 8-bit, in the order in which they are made. */
export interface Int8Plan {
  readonly products: ReadonlySet<NodeProto>;
  readonly values: readonly string[];
}

/** The parts of a graph that are worth being 8-bit. */
export function int8Plan(graph: GraphProto): Int8Plan {
  const stored = new Set(
    graph.initializer
      .filter(({ dataType }) => dataType === TensorProto_DataType.FLOAT)
      .map(({ name }) => name),
  );
  const isProduct = ({ opType, input }: NodeProto) =>
    opType === "Conv" && !stored.has(input[0]) && input.slice(1).every((name) => stored.has(name));
  const products = new Set(graph.node.filter(isProduct));
  const readers = new Map<string, NodeProto[]>();
  for (const node of graph.node) {
    for (const name of node.input) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  /** Values that a later product depends on: what heads give out keeps its digits. */
  const needed = new Set<string>();
  for (const node of graph.node.toReversed()) {
    if (!products.has(node) && !node.output.some((name) => needed.has(name))) continue;
    needed.add(node.input[0]);
    if (!products.has(node)) for (const name of node.input) needed.add(name);
  }
  /** A ReLU behind a product is part of it. */
  const resultOf = ({ output: [name] }: NodeProto) => {
    const next = readers.get(name) ?? [];
    return next.length === 1 && next[0].opType === "Relu" ? next[0].output[0] : name;
  };
  const wanted = new Set<string>();
  for (const node of products) {
    wanted.add(node.input[0]);
    const result = resultOf(node);
    if (needed.has(result)) wanted.add(result);
  }
  const made = [graph.input.map(({ name }) => name), ...graph.node.map(({ output }) => output)].flat();
  return { products, values: made.filter((name) => wanted.has(name)) };
}

/** Names of outputs of `rangeModel` for a value. */
export const leastOf = (value: string): string => `${value}.least`;
export const greatestOf = (value: string): string => `${value}.greatest`;

/** The model with the least and the greatest element of every planned value for outputs, all scalars. */
export function rangeModel(bytes: Uint8Array): {
  readonly bytes: Uint8Array;
  readonly values: readonly string[];
} {
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const { values } = int8Plan(graph);
  const ends = values.flatMap((value) => [
    { op: "ReduceMin", value, output: leastOf(value) },
    { op: "ReduceMax", value, output: greatestOf(value) },
  ]);
  graph.node.push(...ends.map(({ op, value, output }) => reduction(op, value, output)));
  graph.output = ends.map(({ output }) => scalarInfo(output));
  return { bytes: toBinary(ModelProtoSchema, model), values };
}

function reduction(opType: string, value: string, output: string): NodeProto {
  const attribute = create(AttributeProtoSchema, {
    name: "keepdims",
    type: AttributeProto_AttributeType.INT,
    i: 0n,
  });
  return create(NodeProtoSchema, {
    name: output,
    opType,
    input: [value],
    output: [output],
    attribute: [attribute],
  });
}

function scalarInfo(name: string) {
  const value = create(TypeProto_TensorSchema, {
    elemType: TensorProto_DataType.FLOAT,
    shape: create(TensorShapeProtoSchema, { dim: [] }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}

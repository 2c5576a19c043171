/** @file Encodes a lowered graph as an ONNX file (protobuf). */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_SequenceSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import {
  isBranch,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxOutput,
} from "./onnx-graph.js";
import { atOpset, irVersion, OPSET } from "./opset.js";
import type { DType, TensorType } from "./tensor.js";

const dataTypes: Record<DType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  int32: TensorProto_DataType.INT32,
  bool: TensorProto_DataType.BOOL,
};

/**
 * The bytes of an ONNX model. `metadata` becomes the model's metadata properties (preprocessing, classes,
 * ...). For an `opset` other than `OPSET`, the graph must have portable spellings. Throws UserError where
 * `opset` lacks what the graph needs.
 */
export function encodeModel(
  lowered: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
  opset: number = OPSET,
): Uint8Array<ArrayBuffer> {
  const graph = atOpset(lowered, opset);
  const domains = new Set(graph.nodes.flatMap(domainsOf).filter((domain) => domain !== ""));
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(irVersion(opset)),
    producerName: "taskloom",
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) }),
      ...[...domains].map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: create(GraphProtoSchema, {
      name: "taskloom",
      node: graph.nodes.map(encodeNode),
      initializer: graph.initializers.map(({ name, type, data }) =>
        create(TensorProtoSchema, {
          name,
          dims: type.shape.map(BigInt),
          dataType: dataTypes[type.dtype],
          rawData: rawBytes(type.dtype, data),
        }),
      ),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>;
}

/** Parses the bytes of an ONNX model. Throws where they are no valid protobuf message. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  return fromBinary(ModelProtoSchema, bytes);
}

function domainsOf({ domain, attributes }: OnnxNode): string[] {
  const inner = Object.values(attributes).flatMap((attribute) =>
    isBranch(attribute) ? attribute.branch.nodes.flatMap(domainsOf) : [],
  );
  return [domain, ...inner];
}

function encodeNode({ name, opType, domain, inputs, outputs, attributes }: OnnxNode): NodeProto {
  return create(NodeProtoSchema, {
    ...{ name, opType, domain },
    input: [...inputs],
    output: [...outputs],
    attribute: Object.entries(attributes).map(([key, value]) => encodeAttribute(key, value)),
  });
}

function encodeAttribute(name: string, value: OnnxAttribute): AttributeProto {
  const types = AttributeProto_AttributeType;
  if (typeof value === "number")
    return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(value) });
  if (typeof value === "string") {
    return create(AttributeProtoSchema, {
      name,
      type: types.STRING,
      s: new TextEncoder().encode(value) as Uint8Array<ArrayBuffer>,
    });
  }
  if (isBranch(value)) {
    const { nodes, outputs } = value.branch;
    const g = create(GraphProtoSchema, { name, node: nodes.map(encodeNode), output: outputs.map(valueInfo) });
    return create(AttributeProtoSchema, { name, type: types.GRAPH, g });
  }
  if (isFloat(value)) return create(AttributeProtoSchema, { name, type: types.FLOAT, f: value.float });
  return create(AttributeProtoSchema, { name, type: types.INTS, ints: value.map(BigInt) });
}

function isFloat(value: OnnxAttribute): value is { readonly float: number } {
  return typeof value === "object" && !Array.isArray(value);
}

function rawBytes(dtype: DType, data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const typed = ((): { buffer: ArrayBufferLike; byteOffset: number; byteLength: number } => {
    switch (dtype) {
      case "float32":
        return data instanceof Float32Array ? data : Float32Array.from(data);
      case "int64":
        return BigInt64Array.from(Array.from(data, BigInt));
      case "int32":
        return Int32Array.from(data);
      case "bool":
        return Uint8Array.from(data);
    }
  })();
  return new Uint8Array(typed.buffer as ArrayBuffer, typed.byteOffset, typed.byteLength);
}

function valueInfo({ name, type, sequence }: OnnxOutput) {
  const tensor = tensorType(type);
  if (sequence !== true) return create(ValueInfoProtoSchema, { name, type: tensor });
  const value = create(TypeProto_SequenceSchema, { elemType: tensor });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "sequenceType", value } }),
  });
}

function tensorType({ dtype, shape }: TensorType) {
  const dim = shape.map((each) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(each) } }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: dataTypes[dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(TypeProtoSchema, { value: { case: "tensorType", value } });
}

/** @file Encodes a lowered graph as an ONNX file (protobuf). */
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
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
import type { OnnxAttribute, OnnxGraph, OnnxOutput } from "./lowering.js";
import type { DType, TensorType } from "./tensor.js";

/** ONNX operator set the portable spellings are written in. */
export const OPSET = 21;

const dataTypes: Record<DType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  int64: TensorProto_DataType.INT64,
  int32: TensorProto_DataType.INT32,
  bool: TensorProto_DataType.BOOL,
};

/** The bytes of an ONNX model. `metadata` becomes the model's metadata properties (preprocessing, classes, ...). */
export function encodeModel(
  graph: OnnxGraph,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const domains = new Set(graph.nodes.map((node) => node.domain).filter((domain) => domain !== ""));
  const model = create(ModelProtoSchema, {
    irVersion: 10n,
    producerName: "taskloom",
    opsetImport: [
      create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(OPSET) }),
      ...[...domains].map((domain) => create(OperatorSetIdProtoSchema, { domain, version: 1n })),
    ],
    metadataProps: Object.entries(metadata).map(([key, value]) =>
      create(StringStringEntryProtoSchema, { key, value }),
    ),
    graph: create(GraphProtoSchema, {
      name: "taskloom",
      node: graph.nodes.map((node) =>
        create(NodeProtoSchema, {
          name: node.name,
          opType: node.opType,
          domain: node.domain,
          input: [...node.inputs],
          output: [...node.outputs],
          attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
        }),
      ),
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

/**
 * @file Models in half precision: convolutions, matrix products and what stands between them in float16, the
 * rest in float32. Statistics and what is behind the last product (unit vectors, sigmoids, classes) keep
 * their digits, as in mixed-precision training (Micikevicius et al. 2018); inputs and outputs stay float32.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  type GraphProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
} from "onnx-buf";
import { GraphError } from "../common/errors.js";
import { float32ToFloat16 } from "../common/half.js";
import { decodeModel } from "./onnx.js";

const { FLOAT, FLOAT16, BOOL } = TensorProto_DataType;

/** Worth their time in float16, and sums in them are kept in more digits by those who run them. */
const PRODUCTS: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "MatMul"]);

/** In float16 where they stand between products and all that they read is in float16: nothing sums up. */
const BETWEEN: ReadonlySet<string> = new Set(
  `Add AveragePool Cast Concat Equal Expand Gather Greater GreaterOrEqual Identity Max MaxPool Min Mul Neg Pad
  ReduceMax ReduceMin Relu Reshape Resize Sigmoid Slice Transpose Where`.split(/\s+/),
);

const BOOLEAN: ReadonlySet<string> = new Set(["Equal", "Greater", "GreaterOrEqual", "And", "Or", "Not"]);
/** The largest half float. */
const LARGEST = 65504;

/** What each value of a graph is. */
interface Values {
  readonly type: ReadonlyMap<string, TensorProto_DataType>;
  /** Those that depend on no input. */
  readonly fixed: ReadonlySet<string>;
}

/**
 * The bytes of a model as `encodeModel` writes them for the portable target, in half precision. Weights
 * beyond the range of half floats become its ends. Throws GraphError where nodes have branches.
 */
export function halfPrecision(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const values = valuesOf(graph);
  rewrite(graph, values, halfNodes(graph, values));
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>;
}

function valuesOf(graph: GraphProto): Values {
  const type = new Map<string, TensorProto_DataType>();
  const fixed = new Set<string>();
  for (const { name, dataType } of graph.initializer) {
    type.set(name, dataType);
    fixed.add(name);
  }
  for (const { name, type: declared } of graph.input) {
    if (declared?.value.case === "tensorType") type.set(name, declared.value.value.elemType);
  }
  for (const node of graph.node) {
    if (node.attribute.some((each) => each.type === AttributeProto_AttributeType.GRAPH)) {
      throw new GraphError(`${node.opType} has branches: no half precision`);
    }
    node.output.forEach((name, i) => {
      type.set(name, typeOf(node, i, type));
      if (node.input.every((each) => fixed.has(each))) fixed.add(name);
    });
  }
  return { type, fixed };
}

function typeOf(node: NodeProto, output: number, type: Values["type"]): TensorProto_DataType {
  if (BOOLEAN.has(node.opType)) return BOOL;
  if (node.opType === "Cast") return Number(node.attribute.find(({ name }) => name === "to")!.i);
  if (node.opType === "ArgMax" || (node.opType === "MaxPool" && output === 1)) {
    return TensorProto_DataType.INT64;
  }
  return type.get(node.input[node.opType === "Where" ? 1 : 0]) ?? FLOAT;
}

/** The inputs of a node that follow its precision. Scales of `Resize` are float32 always. */
function floatsRead({ opType, input }: NodeProto, { type }: Pick<Values, "type">): string[] {
  return (opType === "Resize" ? input.slice(0, 1) : input).filter((name) => type.get(name) === FLOAT);
}

function halfNodes(graph: GraphProto, values: Values): ReadonlySet<NodeProto> {
  const leading = new Set<NodeProto>();
  const read = new Set<string>();
  for (const node of graph.node.toReversed()) {
    if (!PRODUCTS.has(node.opType) && !node.output.some((name) => read.has(name))) continue;
    leading.add(node);
    for (const name of node.input) read.add(name);
  }
  const half = new Set<NodeProto>();
  const narrow = new Set<string>();
  for (const node of graph.node) {
    const computed = floatsRead(node, values).filter((name) => !values.fixed.has(name));
    const between =
      BETWEEN.has(node.opType) &&
      leading.has(node) &&
      !node.output.every((name) => values.fixed.has(name)) &&
      (node.opType !== "Cast" || values.type.get(node.input[0]) === BOOL) &&
      computed.every((name) => narrow.has(name));
    if (!between && !PRODUCTS.has(node.opType)) continue;
    half.add(node);
    for (const name of node.output) if (values.type.get(name) === FLOAT) narrow.add(name);
  }
  return half;
}

function castNode(from: string, to: string, type: TensorProto_DataType): NodeProto {
  const attribute = create(AttributeProtoSchema, {
    name: "to",
    type: AttributeProto_AttributeType.INT,
    i: BigInt(type),
  });
  return create(NodeProtoSchema, {
    name: `Cast_${to}`,
    opType: "Cast",
    input: [from],
    output: [to],
    attribute: [attribute],
  });
}

/** Gives every node its inputs in its own precision: weights are stored in it, other values cast once. */
function rewrite(graph: GraphProto, values: Values, half: ReadonlySet<NodeProto>): void {
  const narrow = new Set(
    [...half].flatMap(({ output }) => output.filter((name) => values.type.get(name) === FLOAT)),
  );
  const given = new Set(graph.output.map(({ name }) => name).filter((name) => narrow.has(name)));
  /** What is given out in float32 has its name there. */
  const own = (name: string) => (given.has(name) ? `${name}.half` : name);
  const weights = new Set(graph.initializer.map(({ name }) => name));
  const [halved, kept] = [new Set<string>(), new Set<string>()];
  const nodes: NodeProto[] = [];
  const made = new Set<string>();
  const cast = (from: string, to: string, type: TensorProto_DataType) => {
    if (!made.has(to)) nodes.push(castNode(from, to, type));
    made.add(to);
    return to;
  };
  for (const node of graph.node) {
    const inHalf = half.has(node);
    const floats = new Set(floatsRead(node, values));
    const input = node.input.map((name) => {
      if (weights.has(name)) {
        (inHalf && floats.has(name) ? halved : kept).add(name);
        return inHalf && floats.has(name) ? `${name}.half` : name;
      }
      if (!floats.has(name)) return name;
      if (inHalf) return narrow.has(name) ? own(name) : cast(name, `${name}.half`, FLOAT16);
      if (!narrow.has(name)) return name;
      return given.has(name) ? name : cast(name, `${name}.float`, FLOAT);
    });
    const output = node.output.map((name) => (inHalf ? own(name) : name));
    const toHalf = inHalf && node.opType === "Cast" && values.type.get(node.output[0]) === FLOAT;
    const { name, opType, domain, attribute } = node;
    const same = { name, opType, domain, attribute, input, output };
    nodes.push(toHalf ? castNode(input[0], output[0], FLOAT16) : create(NodeProtoSchema, same));
    for (const name of node.output) {
      if (inHalf && given.has(name)) nodes.push(castNode(own(name), name, FLOAT));
    }
  }
  graph.node = nodes;
  graph.initializer = graph.initializer.flatMap((weight) => [
    ...(kept.has(weight.name) ? [weight] : []),
    ...(halved.has(weight.name) ? [halvedWeight(weight)] : []),
  ]);
}

function halvedWeight({ name, dims, rawData }: TensorProto): TensorProto {
  return create(TensorProtoSchema, {
    name: `${name}.half`,
    dims,
    dataType: FLOAT16,
    rawData: halfBytes(rawData),
  });
}

function halfBytes(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const floats = new Float32Array(raw.slice().buffer);
  const within = floats.map((value) => Math.min(LARGEST, Math.max(-LARGEST, value)));
  return new Uint8Array(float32ToFloat16(within).buffer);
}

/**
 * @file Models with 8-bit convolutions, in the QDQ form: every value is written in 8 bits and read back
 * (QuantizeLinear, DequantizeLinear), and runtimes put 8-bit kernels in the place of what stands between
 * (Jacob et al. 2018; Krishnamoorthi 2018, section 3). Activations have a scale and a zero point each,
 * filters a scale for each output channel. Both are unsigned: sums of unsigned and signed products overflow
 * 16 bits on CPUs without VNNI. What heads give out, and all that is no convolution, stays float32.
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
import { int8Plan } from "./int8-plan.js";
import { decodeModel } from "./onnx.js";

const { FLOAT, UINT8, INT32 } = TensorProto_DataType;

/** Least and greatest element of a value. */
export type Range = readonly [number, number];

interface Affine {
  readonly scale: number;
  readonly zeroPoint: number;
}

const LEAST_RANGE = 1e-30;
/** Filters lie symmetrically around this. */
const FILTER_ZERO = 128;
/** Steps on either side of it. */
const FILTER_STEPS = 127;
/** Biases are 32-bit; far enough from their end that sums do not overflow. */
const LARGEST_BIAS = 2 ** 30;

/** Scale and zero point of 8 bits for a range, which is widened to hold 0: padding is exact. */
export function affineOf([least, greatest]: Range): Affine {
  const [low, high] = [Math.min(0, least), Math.max(0, greatest)];
  // Next to nothing is nothing: float32 has no steps for its 255th.
  const scale = high - low < LEAST_RANGE ? 1 : Math.fround((high - low) / 255);
  return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-low / scale))) };
}

/**
 * The bytes of a model as `encodeModel` writes them for the portable target, its convolutions in 8 bits.
 * `ranges`: of every value that `rangeModel` tells of. Throws GraphError where one is missing.
 */
export function int8Precision(
  bytes: Uint8Array,
  ranges: ReadonlyMap<string, Range>,
): Uint8Array<ArrayBuffer> {
  const model = decodeModel(bytes);
  const graph = model.graph!;
  rewrite(graph, ranges);
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>;
}

function rewrite(graph: GraphProto, ranges: ReadonlyMap<string, Range>): void {
  const { products, values } = int8Plan(graph);
  const affines = new Map(
    values.map((value) => {
      const range = ranges.get(value);
      if (range === undefined) throw new GraphError(`no range is known of ${value}`);
      return [value, affineOf(range)] as const;
    }),
  );
  const weights = new Map(graph.initializer.map((weight) => [weight.name, weight]));
  const stored = new Map<string, TensorProto>();
  const nodes: NodeProto[] = [];
  const passed = (value: string) => {
    const affine = affines.get(value);
    if (affine !== undefined) nodes.push(...throughBits(value, affine, stored));
  };
  for (const { name } of graph.input) passed(name);
  for (const node of graph.node) {
    const input = node.input.map((name) => (affines.has(name) ? `${name}.dequantized` : name));
    if (products.has(node)) {
      const [value, filter, bias] = node.input;
      const parts = storedProduct(
        node,
        weights.get(filter)!,
        bias ? weights.get(bias) : undefined,
        affines.get(value)!,
      );
      for (const tensor of parts.tensors) stored.set(tensor.name, tensor);
      nodes.push(...parts.nodes);
      input.splice(1, 2, ...parts.nodes.map(({ output }) => output[0]));
    }
    const { name, opType, domain, attribute, output } = node;
    nodes.push(create(NodeProtoSchema, { name, opType, domain, attribute, output, input }));
    for (const each of output) passed(each);
  }
  graph.node = nodes;
  const read = new Set(nodes.flatMap(({ input }) => input));
  graph.initializer = [...graph.initializer, ...stored.values()].filter(({ name }) => read.has(name));
}

/** To 8 bits and back: `<value>.dequantized`. */
function throughBits(
  value: string,
  { scale, zeroPoint }: Affine,
  stored: Map<string, TensorProto>,
): NodeProto[] {
  const scaleName = `${value}.scale`;
  const zeroName = `${value}.zero`;
  stored.set(scaleName, floats(scaleName, [], [scale]));
  stored.set(zeroName, tensor(zeroName, [], UINT8, Uint8Array.of(zeroPoint)));
  return [
    linear("QuantizeLinear", [value, scaleName, zeroName], `${value}.quantized`),
    linear("DequantizeLinear", [`${value}.quantized`, scaleName, zeroName], `${value}.dequantized`),
  ];
}

/**
 * A product's filter in 8 bits and its bias in 32, a scale for each output channel: what is stored, and the
 * nodes that read it back. Named after the product, as the bias's scales depend on its input's.
 */
function storedProduct(
  { output: [name] }: NodeProto,
  filter: TensorProto,
  bias: TensorProto | undefined,
  { scale: inputScale }: Affine,
): { readonly tensors: TensorProto[]; readonly nodes: NodeProto[] } {
  const values = floatsOf(filter);
  const biases = bias === undefined ? undefined : floatsOf(bias);
  const channels = Number(filter.dims[0]);
  const each = values.length / channels;
  const scales = Float32Array.from({ length: channels }, (_, c) => {
    const own = values.subarray(c * each, (c + 1) * each);
    const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // A channel of next to nothing must not push its bias beyond 32 bits.
    const least = Math.abs(biases?.[c] ?? 0) / (inputScale * LARGEST_BIAS);
    return Math.max(largest / FILTER_STEPS, least) || 1;
  });
  const rounded = values.map((value, i) => FILTER_ZERO + Math.round(value / scales[Math.floor(i / each)]));
  const parts = [`${name}.filter`, `${name}.bias`].map((part) => ({
    part,
    names: [`${part}.quantized`, `${part}.scale`, `${part}.zero`],
  }));
  const [own, added] = parts;
  const tensors = [
    tensor(own.names[0], filter.dims, UINT8, Uint8Array.from(rounded)),
    floats(own.names[1], [BigInt(channels)], scales),
    tensor(own.names[2], [BigInt(channels)], UINT8, new Uint8Array(channels).fill(FILTER_ZERO)),
  ];
  const nodes = [linear("DequantizeLinear", own.names, own.part, 0)];
  if (biases === undefined) return { tensors, nodes };
  const biasScales = scales.map((scale) => Math.fround(scale * inputScale));
  const whole = Int32Array.from(biases, (value, c) => Math.round(value / biasScales[c]));
  tensors.push(
    tensor(added.names[0], [BigInt(channels)], INT32, whole),
    floats(added.names[1], [BigInt(channels)], biasScales),
    tensor(added.names[2], [BigInt(channels)], INT32, new Int32Array(channels)),
  );
  nodes.push(linear("DequantizeLinear", added.names, added.part, 0));
  return { tensors, nodes };
}

function linear(opType: string, input: readonly string[], output: string, axis?: number): NodeProto {
  const attribute = create(AttributeProtoSchema, {
    name: "axis",
    type: AttributeProto_AttributeType.INT,
    i: BigInt(axis ?? 0),
  });
  return create(NodeProtoSchema, {
    ...{ name: `${opType}_${output}`, opType, input: [...input], output: [output] },
    attribute: axis === undefined ? [] : [attribute],
  });
}

function floatsOf({ rawData }: TensorProto): Float32Array {
  return new Float32Array(rawData.slice().buffer);
}

const floats = (name: string, dims: readonly bigint[], values: ArrayLike<number>): TensorProto =>
  tensor(name, dims, FLOAT, Float32Array.from(values));

function tensor(
  name: string,
  dims: readonly bigint[],
  dataType: TensorProto_DataType,
  data: Float32Array | Uint8Array | Int32Array,
): TensorProto {
  const rawData = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return create(TensorProtoSchema, { name, dims: [...dims], dataType, rawData });
}

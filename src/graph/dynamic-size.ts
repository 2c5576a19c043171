/**
 * @file Models for images of any height and width, made of models for three sizes each: what differs between
 * those follows from the image's size, and is computed from it. A shape whose every element is a number or
 * a multiple of height, width or their product becomes nodes that put it together; a mean's 1 / (height
 * times width) likewise. Anything else that differs cannot follow.
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
  type ValueInfoProto,
} from "onnx-buf";
import { UserError } from "../common/errors.js";
import { decodeModel } from "./onnx.js";

const { FLOAT, INT64 } = TensorProto_DataType;

/** A model and [height, width] of the images it was made for. */
export interface SizedModel {
  readonly bytes: Uint8Array;
  readonly size: readonly [number, number];
}

/** What an element of a shape is a multiple of. */
const BASES = ["height", "width", "area"] as const;
type Basis = (typeof BASES)[number];
const baseOf = (basis: Basis, [height, width]: SizedModel["size"]): number =>
  ({ height, width, area: height * width })[basis];

/** `numerator / denominator` times the basis; a plain number where there is none. */
interface Element {
  readonly basis?: Basis;
  readonly numerator: number;
  readonly denominator: number;
}

/** Beginning of the names of all that is put in. */
const PREFIX = "image.size";

/**
 * One model for all sizes, of models of one graph for sizes that are no multiples of one another. Its sides
 * are called `height` and `width`; its metadata are those of the model `like`. Throws UserError
 * `export.not-dynamic` where something does not follow from the size.
 */
export function dynamicSize(models: readonly SizedModel[], like: Uint8Array): Uint8Array<ArrayBuffer> {
  const decoded = models.map(({ bytes }) => decodeModel(bytes));
  const [graph, ...others] = decoded.map((model) => model.graph!);
  requireSameNodes(graph, others);
  const sizes = models.map(({ size }) => size);
  const writer = new SizeNodes(graph.input[0].name);
  const computed = new Map<string, string>();
  graph.initializer.forEach((tensor, i) => {
    const all = [tensor, ...others.map(({ initializer }) => initializer[i])];
    if (all.every((each) => sameBytes(each, tensor))) return;
    const { name } = tensor;
    computed.set(
      name,
      tensor.dataType === INT64 ? writer.shape(name, all, sizes) : writer.mean(name, all, sizes),
    );
  });
  for (const node of graph.node) node.input = node.input.map((name) => computed.get(name) ?? name);
  graph.node.unshift(...writer.nodes);
  graph.initializer = [...graph.initializer.filter(({ name }) => !computed.has(name)), ...writer.tensors];
  for (const kind of ["input", "output"] as const) {
    for (const [i, info] of graph[kind].entries()) {
      nameSides([info, ...others.map((other) => other[kind][i])], sizes);
    }
  }
  decoded[0].metadataProps = decodeModel(like).metadataProps;
  return toBinary(ModelProtoSchema, decoded[0]) as Uint8Array<ArrayBuffer>;
}

function notDynamic(what: string): UserError {
  return new UserError({
    code: "export.not-dynamic",
    what: `the network cannot take images of any size: ${what}`,
    fix: "Export it for one size (--size HxW), one model a size.",
  });
}

function requireSameNodes(graph: GraphProto, others: readonly GraphProto[]): void {
  const formOf = ({ opType, input, output, attribute }: NodeProto) =>
    JSON.stringify([opType, input, output, attribute], (_key, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
  for (const other of others) {
    const differs = graph.node.find(
      (node, i) => other.node[i] === undefined || formOf(node) !== formOf(other.node[i]),
    );
    if (
      differs !== undefined ||
      other.node.length !== graph.node.length ||
      other.initializer.length !== graph.initializer.length
    ) {
      throw notDynamic(`it is another network at another size, from ${differs?.opType ?? "its end"} on`);
    }
  }
}

function sameBytes(a: TensorProto, b: TensorProto): boolean {
  return (
    String(a.dims) === String(b.dims) &&
    a.rawData.length === b.rawData.length &&
    a.rawData.every((byte, i) => byte === b.rawData[i])
  );
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** What a number is that has these values at these sizes; undefined where it does not follow from them. */
function elementOf(values: readonly number[], sizes: readonly SizedModel["size"][]): Element | undefined {
  const [first] = values;
  if (values.every((value) => value === first)) return { numerator: first, denominator: 1 };
  for (const basis of BASES) {
    const base = baseOf(basis, sizes[0]);
    if (!values.every((value, i) => value * base === first * baseOf(basis, sizes[i]))) continue;
    const divisor = greatestDivisor(first, base);
    return { basis, numerator: first / divisor, denominator: base / divisor };
  }
  return undefined;
}

/** Nodes and constants that compute from the image's size, each written once. */
class SizeNodes {
  readonly nodes: NodeProto[] = [];
  readonly tensors: TensorProto[] = [];
  readonly #made = new Set<string>();
  readonly #image: string;

  constructor(image: string) {
    this.#image = image;
  }

  /** Name of an int64 list that has these values at these sizes. */
  shape(name: string, tensors: readonly TensorProto[], sizes: readonly SizedModel["size"][]): string {
    const lists = tensors.map(({ rawData }) => [...new BigInt64Array(rawData.slice().buffer)].map(Number));
    const parts = lists[0].map((_, i) => {
      const element = elementOf(
        lists.map((list) => list[i]),
        sizes,
      );
      if (element === undefined || lists.some(({ length }) => length !== lists[0].length)) {
        throw notDynamic(
          `the shape ${name} is [${lists[0]}] at ${sizes[0].join("x")}, [${lists[1]}] at ${sizes[1].join("x")}`,
        );
      }
      return this.#element(element);
    });
    return this.#node(`${PREFIX}.${name}`, "Concat", parts, { axis: 0 });
  }

  /** Name of a float scalar that is inverse to the area of the image. */
  mean(name: string, tensors: readonly TensorProto[], sizes: readonly SizedModel["size"][]): string {
    const shares = tensors.map(({ dataType, rawData }, i) =>
      dataType === FLOAT && rawData.length === 4
        ? new Float32Array(rawData.slice().buffer)[0] * baseOf("area", sizes[i])
        : Number.NaN,
    );
    if (!shares.every((share) => Math.abs(share - shares[0]) <= 1e-5 * Math.abs(shares[0]))) {
      throw notDynamic(`the constant ${name} depends on the size`);
    }
    const area = this.#node(`${PREFIX}.area.scalar`, "Squeeze", [this.#basis("area")]);
    const float = this.#node(`${PREFIX}.area.float`, "Cast", [area], { to: FLOAT });
    const share = this.#constant(`${PREFIX}.${name}.share`, FLOAT, Float32Array.of(shares[0]));
    return this.#node(`${PREFIX}.${name}`, "Div", [share, float]);
  }

  #element({ basis, numerator, denominator }: Element): string {
    if (basis === undefined) return this.#number(numerator);
    const times = numerator === 1 ? this.#basis(basis) : this.#times(basis, numerator);
    if (denominator === 1) return times;
    return this.#node(`${times}.by.${denominator}`, "Div", [times, this.#number(denominator)]);
  }

  #times(basis: Basis, factor: number): string {
    return this.#node(`${PREFIX}.${basis}.times.${factor}`, "Mul", [
      this.#basis(basis),
      this.#number(factor),
    ]);
  }

  #basis(basis: Basis): string {
    const name = `${PREFIX}.${basis}`;
    if (basis === "area") return this.#node(name, "Mul", [this.#basis("height"), this.#basis("width")]);
    const shape = this.#node(`${PREFIX}.shape`, "Shape", [this.#image]);
    return this.#node(name, "Gather", [shape, this.#number(basis === "height" ? 2 : 3)], { axis: 0 });
  }

  #number(value: number): string {
    return this.#constant(`${PREFIX}.number.${value}`, INT64, BigInt64Array.of(BigInt(value)));
  }

  #constant(name: string, dataType: TensorProto_DataType, data: BigInt64Array | Float32Array): string {
    const rawData = new Uint8Array(data.buffer as ArrayBuffer);
    if (!this.#made.has(name)) {
      this.tensors.push(
        create(TensorProtoSchema, { name, dims: dataType === FLOAT ? [] : [1n], dataType, rawData }),
      );
    }
    this.#made.add(name);
    return name;
  }

  #node(
    name: string,
    opType: string,
    input: readonly string[],
    attributes: Record<string, number> = {},
  ): string {
    if (this.#made.has(name)) return name;
    this.#made.add(name);
    const attribute = Object.entries(attributes).map(([key, value]) =>
      create(AttributeProtoSchema, { name: key, type: AttributeProto_AttributeType.INT, i: BigInt(value) }),
    );
    this.nodes.push(create(NodeProtoSchema, { name, opType, input: [...input], output: [name], attribute }));
    return name;
  }
}

/** Sides of an input or output that follow the image's have its names for them; others are left open. */
function nameSides(infos: readonly ValueInfoProto[], sizes: readonly SizedModel["size"][]): void {
  const dims = infos.map(({ type }) =>
    type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [],
  );
  dims[0].forEach((dim, i) => {
    const values = dims.map((each) => (each[i].value.case === "dimValue" ? Number(each[i].value.value) : -1));
    if (values.every((value) => value === values[0])) return;
    const element = elementOf(values, sizes);
    const same = element !== undefined && element.numerator === element.denominator;
    dim.value = same ? { case: "dimParam", value: element.basis! } : { case: undefined };
  });
}

/**
 * @file Writing ONNX nodes: names for their values, each structure once, constants shared, branches of `If`.
 */
import type { OnnxAttribute, OnnxBranch, OnnxInitializer, OnnxNode } from "./onnx-graph.js";
import { type DType, exactText, type Shape, type TensorType } from "./tensor.js";

export interface EmitOptions {
  outputs?: number;
  domain?: string;
}

/** The means to add ONNX nodes to a graph, or to a branch of one. */
export interface NodeWriter {
  /** Adds a node and returns the name of its first output; structurally equal nodes are added once. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Record<string, OnnxAttribute>,
    options?: EmitOptions,
  ): string;
  emitMany(
    opType: string,
    inputs: readonly string[],
    attributes?: Record<string, OnnxAttribute>,
    options?: EmitOptions,
  ): readonly string[];
  /**
   * Values that `build` writes nodes for, which run only where the bool scalar `condition` holds; elsewhere
   * the values named `otherwise`. `build` may read any value that has a name by now.
   */
  emitIf(
    condition: string,
    types: readonly TensorType[],
    build: (writer: NodeWriter) => readonly string[],
    otherwise: readonly string[],
  ): readonly string[];
  /** A one-dimensional int64 initializer (axes, shapes, pads). */
  ints(values: readonly number[]): string;
  scalar(value: number, dtype?: DType): string;
  constant(data: ArrayLike<number>, shape: Shape, dtype?: DType): string;
  reshape(name: string, shape: Shape): string;
}

/** Constants above this size are recognised by identity, not by content. */
const SMALL = 4096;

/** The initializers of a graph and its branches. */
class Constants {
  readonly initializers: OnnxInitializer[] = [];
  readonly #small = new Map<string, string>();
  readonly #big = new Map<ArrayLike<number>, string>();

  name(data: ArrayLike<number>, shape: Shape, dtype: DType): string {
    if (data.length > SMALL) return this.#once(this.#big, data, { shape, dtype }, data);
    const key = `${dtype}[${shape}]${Array.from(data, exactText).join(",")}`;
    return this.#once(this.#small, key, { shape, dtype }, data);
  }

  #once<K>(known: Map<K, string>, key: K, type: TensorType, data: ArrayLike<number>): string {
    const before = known.get(key);
    if (before !== undefined) return before;
    const name = `constant_${this.initializers.length}`;
    this.initializers.push({ name, type, data });
    known.set(key, name);
    return name;
  }
}

/** Its methods are bound, so that contexts can hand them on. */
export class Emitter implements NodeWriter {
  readonly nodes: OnnxNode[] = [];
  readonly #known = new Map<string, readonly string[]>();
  readonly #constants: Constants;
  readonly #prefix: string;

  constructor(constants = new Constants(), prefix = "") {
    this.#constants = constants;
    this.#prefix = prefix;
  }

  get initializers(): readonly OnnxInitializer[] {
    return this.#constants.initializers;
  }

  readonly emit: NodeWriter["emit"] = (...node) => this.emitMany(...node)[0];
  readonly ints: NodeWriter["ints"] = (values) => this.constant(values, [values.length], "int64");
  readonly scalar: NodeWriter["scalar"] = (value, dtype) => this.constant([value], [], dtype);
  readonly constant: NodeWriter["constant"] = (data, shape, dtype = "float32") =>
    this.#constants.name(data, shape, dtype);
  readonly reshape: NodeWriter["reshape"] = (name, shape) => this.emit("Reshape", [name, this.ints(shape)]);

  readonly emitMany: NodeWriter["emitMany"] = (opType, inputs, attributes = {}, options = {}) => {
    const count = options.outputs ?? 1;
    const domain = options.domain ?? "";
    const key = JSON.stringify([opType, domain, inputs, attributes, count]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const name = `${this.#prefix}${opType}_${this.nodes.length}`;
    const outputs = Array.from({ length: count }, (_, i) => (count === 1 ? name : `${name}.${i}`));
    this.nodes.push({ opType, domain, name, inputs, outputs, attributes });
    this.#known.set(key, outputs);
    return outputs;
  };

  readonly emitIf: NodeWriter["emitIf"] = (condition, types, build, otherwise) => {
    // Names are unique across a graph and its branches.
    const place = `${this.#prefix}If_${this.nodes.length}`;
    const branch = (name: string, write: (writer: Emitter) => readonly string[]): OnnxBranch => {
      const inner = new Emitter(this.#constants, `${place}.${name}.`);
      const values = write(inner);
      return { nodes: inner.nodes, outputs: values.map((value, i) => ({ name: value, type: types[i] })) };
    };
    const attributes = {
      then_branch: { branch: branch("then", build) },
      // A branch's outputs must be made in it.
      else_branch: {
        branch: branch("else", (inner) => otherwise.map((value) => inner.emit("Identity", [value]))),
      },
    };
    return this.emitMany("If", [condition], attributes, { outputs: types.length });
  };
}

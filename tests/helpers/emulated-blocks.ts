/**
 * @file ONNX Runtime's blocked convolution kernels in plain ONNX, for blocks of any size: what graphs written
 * for another kind of CPU compute. The layouts are those told in src/graph/spellings/blocked.ts.
 */
import { toBinary } from "@bufbuild/protobuf";
import { type AttributeProto, ModelProtoSchema, type NodeProto } from "onnx-buf";
import { decodeModel, encodeModel } from "../../src/graph/onnx.js";
import type { OnnxAttribute, OnnxInitializer, OnnxNode } from "../../src/graph/onnx-graph.js";
import type { OrtModule } from "../../src/runtime/engine.js";

const BLOCKED = "com.microsoft.nchwc";

/**
 * The same ONNX Runtime, in whose models nodes of the blocked kernels stand for kernels with blocks of
 * `block` channels.
 */
export function emulatingBlocks(ort: OrtModule, block: number): OrtModule {
  const { InferenceSession, Tensor, env } = ort;
  const create = (bytes: Uint8Array, options?: Parameters<typeof InferenceSession.create>[1]) =>
    InferenceSession.create(withoutBlockedNodes(bytes, block), options);
  return { InferenceSession: { ...InferenceSession, create } as typeof InferenceSession, Tensor, env };
}

/** The bytes of a model with its blocked nodes, those of branches among them, spelled in plain ones. */
function withoutBlockedNodes(bytes: Uint8Array, block: number): Uint8Array {
  const model = decodeModel(bytes);
  const graph = model.graph!;
  const initializers: OnnxInitializer[] = [];
  graph.node = plainNodes(graph.node, block, initializers);
  if (initializers.length === 0) return bytes;
  const stored = decodeModel(encodeModel({ nodes: [], initializers, inputs: [], outputs: [] }));
  graph.initializer.push(...stored.graph!.initializer);
  return toBinary(ModelProtoSchema, model);
}

/** The same nodes in plain ONNX; the constants they need are added to `initializers`. */
function plainNodes(
  nodes: readonly NodeProto[],
  block: number,
  initializers: OnnxInitializer[],
): NodeProto[] {
  return nodes.flatMap((node) => {
    for (const { g } of node.attribute) if (g !== undefined) g.node = plainNodes(g.node, block, initializers);
    if (node.domain !== BLOCKED) return [node];
    const plain = new Spelling(node, block);
    initializers.push(...plain.initializers);
    return decodeModel(encodeModel({ nodes: plain.nodes, initializers: [], inputs: [], outputs: [] })).graph!
      .node;
  });
}

/** Plain nodes that compute what one blocked node does. */
class Spelling {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly #name: string;
  readonly #block: number;

  constructor(node: NodeProto, block: number) {
    this.#name = node.name;
    this.#block = block;
    const attributes = Object.fromEntries(node.attribute.map((each) => [each.name, attributeValue(each)]));
    this.#emit("Identity", [this.#result(node, attributes)], {}, node.output[0]);
  }

  #result({ opType, input }: NodeProto, attributes: Readonly<Record<string, OnnxAttribute>>): string {
    const channelsLast = attributes.channels_last === 1;
    switch (opType) {
      case "ReorderInput":
        return this.#blocked(channelsLast ? input[0] : this.#transpose(input[0], [0, 2, 3, 1]));
      case "ReorderOutput": {
        const range = [[0], [attributes.channels as number], [3]].map((values) => this.#ints(values));
        const kept = this.#emit("Slice", [this.#channelsLast(input[0]), ...range]);
        return channelsLast ? kept : this.#transpose(kept, [0, 3, 1, 2]);
      }
      case "Conv":
        return this.#conv(input, attributes);
      default:
        throw new Error(`no emulation of ${opType}`);
    }
  }

  #conv(
    [image, filter, bias, sum]: readonly string[],
    { activation, ...attributes }: Readonly<Record<string, OnnxAttribute>>,
  ): string {
    const x = this.#transpose(this.#channelsLast(image), [0, 3, 1, 2]);
    // A depthwise filter of one tap has the same bytes in both orders.
    const w =
      attributes.group === undefined || attributes.group === 1
        ? this.#plainFilter(filter, attributes)
        : filter;
    let y = this.#emit("Conv", [x, w, ...(bias ? [bias] : [])], attributes);
    y = this.#transpose(y, [0, 2, 3, 1]);
    if (sum) y = this.#emit("Add", [y, this.#channelsLast(sum)]);
    if (activation !== undefined) y = this.#emit(activation as string, [y]);
    return this.#blocked(y);
  }

  /** [N,H,W,C] -> the bytes of [N, C/B, H, W, B] under the shape [N,C,H,W]. */
  #blocked(channelsLast: string): string {
    const apart = this.#reshape(channelsLast, [0, 0, 0, -1, this.#block]);
    return this.#reshape(this.#transpose(apart, [0, 3, 1, 2, 4]), [0, -1, 0, 0]);
  }

  /** The way back. */
  #channelsLast(blocked: string): string {
    const apart = this.#reshape(blocked, [0, -1, 0, 0, this.#block]);
    return this.#reshape(this.#transpose(apart, [0, 2, 3, 1, 4]), [0, 0, 0, -1]);
  }

  /** The bytes of [O/B, C/B, KH, KW, B in, B out] under the shape [O,C,KH,KW] -> [O,C,KH,KW]. */
  #plainFilter(filter: string, attributes: Readonly<Record<string, OnnxAttribute>>): string {
    const b = this.#block;
    const taps = attributes.kernel_shape as readonly number[];
    const shape = this.#emit("Shape", [filter]);
    const channels = this.#emit("Slice", [shape, this.#ints([0]), this.#ints([2])]);
    const blocks = this.#emit("Div", [channels, this.#ints([b])]);
    const apart = this.#emit("Concat", [blocks, this.#ints([...taps, b, b])], { axis: 0 });
    const tiles = this.#emit("Reshape", [filter, apart]);
    return this.#emit("Reshape", [this.#transpose(tiles, [0, 5, 1, 4, 2, 3]), shape]);
  }

  #transpose(name: string, perm: readonly number[]): string {
    return this.#emit("Transpose", [name], { perm });
  }

  #reshape(name: string, shape: readonly number[]): string {
    return this.#emit("Reshape", [name, this.#ints(shape)]);
  }

  #ints(data: readonly number[]): string {
    const name = `${this.#name}/ints ${this.initializers.length}`;
    this.initializers.push({ name, type: { shape: [data.length], dtype: "int64" }, data });
    return name;
  }

  #emit(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    output = `${this.#name}/${this.nodes.length}`,
  ): string {
    this.nodes.push({ opType, domain: "", name: output, inputs, outputs: [output], attributes });
    return output;
  }
}

function attributeValue({ name, i, s, ints }: AttributeProto): OnnxAttribute {
  if (name === "activation") return new TextDecoder().decode(s);
  return ints.length > 0 ? ints.map(Number) : Number(i);
}

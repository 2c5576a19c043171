/**
 * @file From tensors to ONNX nodes: the context an operator's `lower` writes into, and the walk that calls
 * it.
 */
import { GraphError } from "../common/errors.js";
import { Emitter, type NodeWriter } from "./emitter.js";
import {
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  renameValues,
  valuesRead,
} from "./onnx-graph.js";
import { isLeaf, leafName } from "./ops/leaf.js";
import { dependencyOrder } from "./order.js";
import { filterBlocks, plainForm } from "./spellings/blocked.js";
import { type Emitted, spellings } from "./spellings/index.js";
import type { Attributes, Node, Tensor, TensorType } from "./tensor.js";

/** Where the emitted graph will run. Decides which spelling of an operator is written. */
export interface Target {
  readonly provider: "cpu" | "webgpu" | "wasm" | "cuda";
  /**
   * Channels per block of ONNX Runtime's blocked convolution kernels on this CPU (16 with AVX-512, 8 with
   * AVX2), found by a probe at start; 0 where they cannot be used.
   */
  readonly blockSize: 0 | 8 | 16;
}

/** The spelling that every provider understands. */
export const PORTABLE: Target = { provider: "wasm", blockSize: 0 };

/** What an operator's `lower` sees: the names of its input values and the means to add ONNX nodes. */
export interface LowerContext<A extends Attributes = Attributes> extends NodeWriter {
  readonly node: Node;
  readonly attributes: A;
  readonly target: Target;
  /** Input tensors (types) and, in the same order, the names of their values. */
  readonly inputs: readonly Tensor[];
  readonly names: readonly string[];
  readonly outputs: readonly Tensor[];
  /** Name of the value of a tensor further up, for spellings that read through a producer. */
  nameOf(tensor: Tensor): string;
  /**
   * Name of an image's blocked form (see `spellings/blocked.ts`), or null where it only exists in plain
   * order.
   */
  blockedNameOf(tensor: Tensor): string | null;
  /** Name of a filter's blocked form, or null where it only exists in plain order. */
  blockedFilterOf(tensor: Tensor): string | null;
}

type Reader = Pick<LowerContext, "nameOf" | "blockedNameOf" | "blockedFilterOf">;

/** The nodes that `outputs` need, in an order in which every input comes before its use. */
export function topologicalOrder(outputs: readonly Tensor[]): Node[] {
  return dependencyOrder(
    outputs.map(({ node }) => node),
    (node) => node.inputs.map((input) => input.node),
  );
}

/**
 * Writes the ONNX nodes that compute `outputs` on `target`.
 * Leaves become graph inputs, except those in `initializers`, whose data is stored in the graph (inference
 * models).
 * @param blockedFilters names of leaves and outputs whose bytes are filters in blocked order
 * (`hasFilterBlocks` of their shape).
 * @throws GraphError where two leaves share a name but not a type, or an output has the name of an input.
 */
export function lowerGraph(
  outputs: readonly { readonly name: string; readonly tensor: Tensor }[],
  target: Target,
  initializers: ReadonlyMap<string, ArrayLike<number>> = new Map(),
  blockedFilters: ReadonlySet<string> = new Set(),
): OnnxGraph {
  const emitter = new Emitter();
  const table = spellings(target);
  const values = new Map<Node, Emitted[]>();
  const reader = readerOf(values, emitter, target);
  const leaves = new Map<string, TensorType>();
  const stored: OnnxInitializer[] = [];
  for (const node of topologicalOrder(outputs.map((output) => output.tensor))) {
    if (isLeaf(node)) {
      const name = leafName(node);
      const type = node.outputs[0];
      const known = leaves.get(name);
      if (known !== undefined && (known.dtype !== type.dtype || String(known.shape) !== String(type.shape))) {
        throw new GraphError(`two inputs are named ${name} but differ: [${known.shape}] and [${type.shape}]`);
      }
      if (known === undefined) {
        leaves.set(name, { shape: type.shape, dtype: type.dtype });
        const data = initializers.get(name);
        if (data !== undefined) stored.push({ name, type: { shape: type.shape, dtype: type.dtype }, data });
      }
      values.set(node, [blockedFilters.has(name) ? { blocked: name, filter: true } : name]);
      continue;
    }
    const lower = table[node.op.name] ?? node.op.lower;
    const emitted = lower(makeContext(node, target, emitter, reader));
    if (emitted.length !== node.outputs.length) {
      throw new GraphError(
        `${node.op.name}: its ONNX spelling gave ${emitted.length} outputs, not ${node.outputs.length}`,
      );
    }
    values.set(node, [...emitted]);
  }
  for (const { name } of outputs) {
    if (leaves.has(name)) throw new GraphError(`${name} names both an input and an output of the graph`);
  }
  const form = { ...reader, emit: emitter.emit, reshape: emitter.reshape, target };
  const wanted = outputs.map(({ name, tensor }) => ({
    name,
    source: blockedFilters.has(name) ? filterBlocks(form, tensor) : form.nameOf(tensor),
  }));
  const nodes = nameOutputs(emitter.nodes, wanted);
  const used = new Set(nodes.flatMap(valuesRead));
  return {
    nodes,
    initializers: [...emitter.initializers, ...stored].filter(({ name }) => used.has(name)),
    inputs: [...leaves].filter(([name]) => !initializers.has(name)).map(([name, type]) => ({ name, type })),
    outputs: outputs.map(({ name, tensor }) => ({
      name,
      type: { shape: tensor.shape, dtype: tensor.dtype },
    })),
  };
}

/**
 * Gives the wanted values their output names and drops nodes that no output needs. A value that is a leaf, a
 * constant or wanted twice is copied by an Identity; any other is renamed at its source, so that it is
 * written straight into the caller's buffer.
 */
function nameOutputs(
  nodes: readonly OnnxNode[],
  wanted: readonly { name: string; source: string }[],
): OnnxNode[] {
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const copies: OnnxNode[] = [];
  for (const { name, source } of wanted) {
    if (produced.has(source) && !renamed.has(source)) renamed.set(source, name);
    else
      copies.push({
        opType: "Identity",
        domain: "",
        name: `copy_${name}`,
        inputs: [source],
        outputs: [name],
        attributes: {},
      });
  }
  const rename = (value: string) => renamed.get(value) ?? value;
  const all = [...nodes, ...copies].map((node) => renameValues(node, rename));
  const needed = new Set(wanted.map(({ name }) => name));
  const kept: OnnxNode[] = [];
  for (let i = all.length - 1; i >= 0; i--) {
    if (!all[i].outputs.some((value) => needed.has(value))) continue;
    for (const value of valuesRead(all[i])) needed.add(value);
    kept.push({
      ...all[i],
      outputs: all[i].outputs.slice(0, all[i].outputs.findLastIndex((value) => needed.has(value)) + 1),
    });
  }
  return kept.reverse();
}

/**
 * How what was emitted for a tensor is found: in plain order (a blocked value is reordered when first asked
 * for), or in blocked order if it has it.
 */
function readerOf(values: ReadonlyMap<Node, Emitted[]>, { emit, reshape }: Emitter, target: Target): Reader {
  const emitted = ({ node, index }: Tensor) => values.get(node)![index];
  const blocked = (tensor: Tensor, filter: boolean) => {
    const value = emitted(tensor);
    return typeof value === "string" || (value.filter ?? false) !== filter ? null : value.blocked;
  };
  return {
    nameOf: (tensor) => {
      const value = emitted(tensor);
      if (typeof value === "string") return value;
      value.plain ??= plainForm({ emit, reshape, target }, value, tensor.shape);
      return value.plain;
    },
    blockedNameOf: (tensor) => blocked(tensor, false),
    blockedFilterOf: (tensor) => blocked(tensor, true),
  };
}

function makeContext(node: Node, target: Target, emitter: Emitter, reader: Reader): LowerContext {
  const { emit, emitMany, emitIf, ints, scalar, constant, reshape } = emitter;
  return {
    node,
    attributes: node.attributes,
    target,
    inputs: node.inputs,
    // A getter: spellings that work on blocked forms must not cause plain ones to be made.
    get names() {
      return node.inputs.map(reader.nameOf);
    },
    outputs: node.outputs,
    ...reader,
    ...{ emit, emitMany, emitIf, ints, scalar, constant, reshape },
  };
}

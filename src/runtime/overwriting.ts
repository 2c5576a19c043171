/** @file Which values a step may overwrite while it runs, and the order of its nodes that makes that safe. */
import { type OnnxGraph, type OnnxInitializer, type OnnxNode, valuesRead } from "../graph/onnx-graph.js";
import { dependencyOrder } from "../graph/order.js";

/**
 * Operators whose output is their first input's memory in ONNX Runtime's CPU provider: who reads the output
 * reads the input.
 */
const VIEWS: ReadonlySet<string> = new Set(["Reshape", "Squeeze", "Unsqueeze", "Flatten", "Identity"]);
/**
 * Operators that make each value from those at its own place, so that an operand's memory may be the
 * output's.
 */
const ELEMENTWISE: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div"]);

/** A value read while a step runs, and the output that replaces it. */
export interface StateValue {
  readonly leaf: string;
  readonly next: string;
}

/** A node that must not run before others, which its operands do not depend on. */
interface Wait {
  readonly after: readonly OnnxNode[];
  /** Index of the operand that the wait is tied to. */
  readonly operand: number;
}

/**
 * Lets new values overwrite the old ones wherever that is safe or can be made so: all nodes that read the old
 * value must run before the one that writes the new value, in whatever order the runtime takes them.
 * Optimizer slots are so by themselves (m' = b m + g). Parameters are not: the backward pass may still read
 * them. Their writers are made to wait for those readers: an operand passes through a Reshape (a view) to its
 * own shape plus nothing, and that nothing is there once the readers have run. It costs no time and saves a
 * second copy of all parameters.
 * @returns the graph with its waits, and the leaves whose memory may be given to their next values.
 */
export function orderOverwriting(
  graph: OnnxGraph,
  states: readonly StateValue[],
): { readonly graph: OnnxGraph; readonly inPlace: ReadonlySet<string> } {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
  const readers = readersByValue(graph.nodes);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const writers = states.map(({ next }) => producers.get(next));
  const runsBefore = ancestry(graph.nodes, producers, writers);
  const late = nodesBehind(graph.nodes, writers);

  const inPlace = new Set<string>();
  const waits = new Map<OnnxNode, Wait>();
  for (const [i, { leaf }] of states.entries()) {
    const writer = writers[i];
    if (writer === undefined) continue;
    const { nodes, values } = readersOf(readers, leaf);
    if (values.some((value) => outputs.has(value))) continue;
    const elementwise = ELEMENTWISE.has(writer.opType);
    if (nodes.includes(writer) && !elementwise) continue;
    const after = nodes.filter((node) => node !== writer && !runsBefore(node, i));
    if (after.length > 0) {
      const operand = writer.inputs.findIndex((value) => value !== leaf && producers.has(value));
      if (!elementwise || operand < 0 || after.some((node) => late.has(node))) continue;
      waits.set(writer, { after, operand });
    }
    inPlace.add(leaf);
  }
  return { graph: waits.size === 0 ? graph : withWaits(graph, waits), inPlace };
}

function readersByValue(nodes: readonly OnnxNode[]): Map<string, OnnxNode[]> {
  const readers = new Map<string, OnnxNode[]>();
  for (const node of nodes) {
    for (const value of new Set(valuesRead(node))) {
      const known = readers.get(value);
      if (known === undefined) readers.set(value, [node]);
      else known.push(node);
    }
  }
  return readers;
}

/** Nodes that read the memory of `value`, and the values that lie in it: itself and views of it. */
function readersOf(
  readers: ReadonlyMap<string, readonly OnnxNode[]>,
  value: string,
): { nodes: OnnxNode[]; values: string[] } {
  const values = [value];
  const nodes: OnnxNode[] = [];
  // Grows while it is walked.
  for (const each of values) {
    for (const node of readers.get(each) ?? []) {
      if (VIEWS.has(node.opType) && node.inputs[0] === each) values.push(node.outputs[0]);
      else nodes.push(node);
    }
  }
  return { nodes, values };
}

/**
 * Tells whether a node is among those that the i-th writer depends on. One pass over the graph, a bit for
 * each writer.
 */
function ancestry(
  nodes: readonly OnnxNode[],
  producers: ReadonlyMap<string, OnnxNode>,
  writers: readonly (OnnxNode | undefined)[],
): (node: OnnxNode, writer: number) => boolean {
  const words = Math.ceil(writers.length / 32);
  const marks = new Map(nodes.map((node) => [node, new Uint32Array(words)]));
  for (const [i, writer] of writers.entries()) {
    if (writer !== undefined) marks.get(writer)![i >> 5] |= 1 << (i & 31);
  }
  for (let i = nodes.length - 1; i >= 0; i--) {
    const own = marks.get(nodes[i])!;
    for (const value of valuesRead(nodes[i])) {
      const above = marks.get(producers.get(value)!);
      if (above !== undefined) for (let w = 0; w < words; w++) above[w] |= own[w];
    }
  }
  return (node, writer) => (marks.get(node)![writer >> 5] & (1 << (writer & 31))) !== 0;
}

/**
 * Writers and all nodes that depend on one. Nothing waits for these, so that no two nodes can wait for each
 * other.
 */
function nodesBehind(
  nodes: readonly OnnxNode[],
  writers: readonly (OnnxNode | undefined)[],
): ReadonlySet<OnnxNode> {
  const behind = new Set<OnnxNode>();
  const values = new Set<string>();
  const first = new Set(writers);
  for (const node of nodes) {
    if (!first.has(node) && !valuesRead(node).some((value) => values.has(value))) continue;
    behind.add(node);
    for (const value of node.outputs) values.add(value);
  }
  return behind;
}

function withWaits(graph: OnnxGraph, waits: ReadonlyMap<OnnxNode, Wait>): OnnxGraph {
  const none: OnnxInitializer = { name: "wait.none", type: { shape: [], dtype: "int64" }, data: [0] };
  const added = new Map<string, OnnxNode>();
  const emit = (opType: string, name: string, inputs: readonly string[]): string => {
    added.set(name, { opType, domain: "", name, inputs, outputs: [name], attributes: {} });
    return name;
  };
  /** A zero that is there once `node` has run. */
  const zeroAfter = (node: OnnxNode): string => {
    const [value] = node.outputs;
    const size = emit("Size", `wait.size.${value}`, [value]);
    return emit("Mul", `wait.zero.${value}`, [size, none.name]);
  };
  const waiting = graph.nodes.map((node) => {
    const wait = waits.get(node);
    if (wait === undefined) return node;
    const [value] = node.outputs;
    const given = node.inputs[wait.operand];
    const shape = wait.after.reduce(
      (sum, reader, i) => emit("Add", `wait.shape.${i}.${value}`, [sum, zeroAfter(reader)]),
      emit("Shape", `wait.shape.${value}`, [given]),
    );
    const operand = emit("Reshape", `wait.${value}`, [given, shape]);
    return { ...node, inputs: node.inputs.map((input, i) => (i === wait.operand ? operand : input)) };
  });
  return {
    ...graph,
    initializers: [...graph.initializers, none],
    nodes: inOrder([...waiting, ...added.values()]),
  };
}

/** The same nodes, each behind those it depends on and otherwise as they were. */
function inOrder(nodes: readonly OnnxNode[]): OnnxNode[] {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
  return dependencyOrder(nodes, (node) =>
    valuesRead(node).flatMap((value) => {
      const producer = producers.get(value);
      return producer === undefined ? [] : [producer];
    }),
  );
}

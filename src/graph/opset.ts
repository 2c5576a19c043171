/**
 * @file ONNX operator sets: a graph in the forms of an older one than the spellings are written in. Which
 * form an operator has since when is told by its version history (onnx/docs/Changelog.md).
 */
import { UserError } from "../common/errors.js";
import {
  isBranch,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  valuesRead,
} from "./onnx-graph.js";

/** ONNX operator set the portable spellings are written in: the newest that models are written for. */
export const OPSET = 21;
/** The oldest one: softmax along one axis, and sums whose axes are an input. */
export const OLDEST_OPSET = 13;

/** The version of the file format that came with each operator set from `OLDEST_OPSET` on. */
const IR_VERSIONS = [7, 7, 8, 8, 8, 8, 9, 9, 10];

/** The version of the file format of a model for an operator set that `atOpset` takes. */
export function irVersion(opset: number): number {
  return IR_VERSIONS[opset - OLDEST_OPSET];
}

type Constants = ReadonlyMap<string, OnnxInitializer>;

interface Form {
  /** The first operator set that has the operator as it is written. */
  readonly since: number;
  /** How it was written before. */
  readonly before?: (node: OnnxNode, constants: Constants) => OnnxNode;
  /** The first operator set that has it at all with the meaning it is written for. */
  readonly first: number;
}

/** Axes became an input so that they can be computed; before, they were an attribute. */
function axesAsAttribute(node: OnnxNode, constants: Constants): OnnxNode {
  const [values, axes] = node.inputs;
  const { data } = constants.get(axes)!;
  return { ...node, inputs: [values], attributes: { ...node.attributes, axes: Array.from(data) } };
}

/** `linear` was called `bilinear` while images had two axes alone. */
function bilinear(node: OnnxNode): OnnxNode {
  const { mode } = node.attributes;
  return { ...node, attributes: { ...node.attributes, mode: mode === "linear" ? "bilinear" : mode } };
}

/** The portable operators whose form changed after `OLDEST_OPSET`; the others have had theirs ever since. */
const FORMS: Readonly<Record<string, Form>> = {
  ReduceMax: { since: 18, before: axesAsAttribute, first: 1 },
  ReduceMin: { since: 18, before: axesAsAttribute, first: 1 },
  ReduceSumSquare: { since: 18, before: axesAsAttribute, first: 1 },
  GridSample: { since: 20, before: bilinear, first: 16 },
  // Adding up what falls onto one place.
  ScatterElements: { since: 16, first: 16 },
};

function nodeAt(node: OnnxNode, opset: number, constants: Constants): OnnxNode {
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => {
    return [name, attributeAt(attribute, opset, constants)] as const;
  });
  const inner = { ...node, attributes: Object.fromEntries(attributes) };
  const form = node.domain === "" ? FORMS[node.opType] : undefined;
  if (form === undefined || opset >= form.since) return inner;
  if (opset >= form.first && form.before !== undefined) return form.before(inner, constants);
  throw new UserError({
    code: "onnx.opset",
    where: `opset ${opset}`,
    what: `the model needs ${node.opType}, which this operator set does not have`,
    fix: `Choose opset ${form.first} or a later one.`,
  });
}

function attributeAt(attribute: OnnxAttribute, opset: number, constants: Constants): OnnxAttribute {
  if (!isBranch(attribute)) return attribute;
  const nodes = attribute.branch.nodes.map((node) => nodeAt(node, opset, constants));
  return { branch: { ...attribute.branch, nodes } };
}

/** Throws UserError unless `opset` is one that models can be written for. */
export function requireOpset(opset: number): void {
  if (Number.isInteger(opset) && opset >= OLDEST_OPSET && opset <= OPSET) return;
  throw new UserError({
    code: "onnx.opset",
    where: "opset",
    what: "models cannot be written for this ONNX operator set",
    expected: `a whole number from ${OLDEST_OPSET} to ${OPSET}`,
    got: String(opset),
  });
}

/**
 * The graph, of portable spellings, in the forms that `opset` has.
 * @throws UserError where `opset` is none from `OLDEST_OPSET` to `OPSET`, or lacks an operator of the graph.
 */
export function atOpset(graph: OnnxGraph, opset: number): OnnxGraph {
  requireOpset(opset);
  if (opset === OPSET) return graph;
  const constants = new Map(graph.initializers.map((each) => [each.name, each]));
  const nodes = graph.nodes.map((node) => nodeAt(node, opset, constants));
  const used = new Set(nodes.flatMap(valuesRead));
  return { ...graph, nodes, initializers: graph.initializers.filter(({ name }) => used.has(name)) };
}

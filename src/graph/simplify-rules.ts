/**
 * @file The rewriting rules of `simplify`, by operator name. Each looks at one tensor and returns an equal,
 * cheaper one, or null.
 */
import { joinPadded } from "./join-padded.js";
import { add, mul, sub } from "./ops/arithmetic.js";
import { ChannelAffine, ChannelExpand, channelAffine } from "./ops/channel.js";
import { Conv2dFilterGrad, Conv2dInputGrad } from "./ops/conv2d.js";
import { constant, constantData, filled } from "./ops/leaf.js";
import { reshape, transpose } from "./ops/shape.js";
import { apply, type Node, sameShape, type Tensor } from "./tensor.js";

export interface RuleContext {
  /** How often input i of the node is used in the graph before this pass. */
  uses(input: number): number;
}

type Rule = (tensor: Tensor, context: RuleContext) => Tensor | null;

/** The one value of a constant whose entries are all equal, or null. */
function uniformValue(tensor: Tensor): number | null {
  const data = constantData(tensor);
  if (data === null || data.length === 0) return null;
  const first = data[0];
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return null;
  return first;
}

/** `x` where it already has the shape of `tensor`: an identity must not swallow a broadcast. */
function ifShaped(x: Tensor, tensor: Tensor): Tensor | null {
  return sameShape(x.shape, tensor.shape) ? x : null;
}

function foldBinary(compute: (a: number, b: number) => number): Rule {
  return (tensor) => {
    const [a, b] = tensor.node.inputs.map(uniformValue);
    if (a === null || b === null || tensor.dtype !== "float32") return null;
    const rank = tensor.shape.length;
    // Only size-1 results: a larger one would need its data spelled out.
    return tensor.shape.every((dim) => dim === 1) ? filled(Math.fround(compute(a, b)), rank) : null;
  };
}

function firstOf(...list: Rule[]): Rule {
  return (tensor, context) => {
    for (const rule of list) {
      const result = rule(tensor, context);
      if (result !== null) return result;
    }
    return null;
  };
}

/**
 * The operators that are linear in the given input: L(s, a) + L(s, b) = L(s, a + b), one costly node instead
 * of two.
 */
const linearInputs: Readonly<Record<string, readonly number[]>> = {
  [Conv2dFilterGrad.name]: [0, 1],
  [Conv2dInputGrad.name]: [0],
};

function sameNodeExcept(a: Node, b: Node, varying: number): boolean {
  return (
    a.op.name === b.op.name &&
    JSON.stringify(a.attributes) === JSON.stringify(b.attributes) &&
    a.inputs.every((input, i) => i === varying || input === b.inputs[i])
  );
}

/**
 * Merges the two most recent terms of a sum that are one linear operator's results, or blocks of the sum.
 * Sums are chains: (t1 + t2) + t3.
 */
const mergeLinear: Rule = (tensor, context) => {
  const [left, right] = tensor.node.inputs;
  const merged = mergePair(left, right, context.uses(0) === 1 && context.uses(1) === 1);
  if (merged !== null) return merged;
  if (left.node.op.name !== "Add" || context.uses(0) !== 1) return null;
  const [first, second] = left.node.inputs;
  const inner = mergePair(second, right, true) ?? null;
  if (inner !== null) return add(first, inner);
  const outer = mergePair(first, right, true);
  return outer === null ? null : add(outer, second);
};

function mergePair(a: Tensor, b: Tensor, onlyUse: boolean): Tensor | null {
  if (!onlyUse || !sameShape(a.shape, b.shape)) return null;
  const joined = joinPadded(a, b);
  if (joined !== null) return joined;
  for (const varying of linearInputs[a.node.op.name] ?? []) {
    if (!sameNodeExcept(a.node, b.node, varying)) continue;
    const inputs = [...a.node.inputs];
    inputs[varying] = add(a.node.inputs[varying], b.node.inputs[varying]);
    return apply(a.node.op, inputs, a.node.attributes);
  }
  return null;
}

/**
 * affine(x) + expand(v) = affine with v added to its shift, also where the affine map is one term of a sum.
 */
const foldExpand: Rule = (tensor, context) => {
  const [a, b] = tensor.node.inputs;
  const [sum, expanded] = b.node.op.name === ChannelExpand.name ? [a, b] : [b, a];
  if (expanded.node.op.name !== ChannelExpand.name) return null;
  const only = context.uses(sum === a ? 0 : 1) === 1;
  return only ? shiftAffine(sum, expanded.node.inputs[0]) : null;
};

function shiftAffine(sum: Tensor, by: Tensor): Tensor | null {
  const { op, inputs } = sum.node;
  if (op.name === ChannelAffine.name) return channelAffine(inputs[0], inputs[1], add(inputs[2], by));
  if (op.name !== "Add" || !sameShape(inputs[0].shape, inputs[1].shape)) return null;
  for (const which of [1, 0]) {
    if (inputs[which].node.op.name !== ChannelAffine.name) continue;
    const shifted = shiftAffine(inputs[which], by)!;
    return which === 1 ? add(inputs[0], shifted) : add(shifted, inputs[1]);
  }
  return null;
}

function zeroOperand(tensor: Tensor): Tensor | null {
  const [a, b] = tensor.node.inputs;
  if (uniformValue(b) === 0) return ifShaped(a, tensor);
  return uniformValue(a) === 0 ? ifShaped(b, tensor) : null;
}

export const rules: Readonly<Record<string, Rule>> = {
  Detach: (tensor) => tensor.node.inputs[0],
  Add: firstOf(
    foldBinary((a, b) => a + b),
    zeroOperand,
    foldExpand,
    mergeLinear,
  ),
  Sub: firstOf(
    foldBinary((a, b) => a - b),
    (tensor) => (uniformValue(tensor.node.inputs[1]) === 0 ? ifShaped(tensor.node.inputs[0], tensor) : null),
  ),
  Mul: firstOf(
    foldBinary((a, b) => a * b),
    (tensor) => {
      const [a, b] = tensor.node.inputs;
      if (uniformValue(b) === 1) return ifShaped(a, tensor);
      return uniformValue(a) === 1 ? ifShaped(b, tensor) : null;
    },
    // (x * c) * d = x * (c d): chains of loss weights and means.
    (tensor) => {
      const [a, b] = tensor.node.inputs;
      const outer = uniformValue(b);
      if (outer === null || a.node.op.name !== "Mul" || b.shape.some((dim) => dim !== 1)) return null;
      const inner = uniformValue(a.node.inputs[1]);
      if (inner === null || a.node.inputs[1].shape.some((dim) => dim !== 1)) return null;
      return ifShaped(mul(a.node.inputs[0], Math.fround(inner * outer)), tensor);
    },
  ),
  Div: firstOf(
    foldBinary((a, b) => a / b),
    (tensor) => (uniformValue(tensor.node.inputs[1]) === 1 ? ifShaped(tensor.node.inputs[0], tensor) : null),
  ),
  Neg: (tensor) => {
    const [x] = tensor.node.inputs;
    if (x.node.op.name === "Neg") return x.node.inputs[0];
    return x.node.op.name === "Sub" ? ifShaped(sub(x.node.inputs[1], x.node.inputs[0]), tensor) : null;
  },
  Reshape: (tensor) => {
    const [x] = tensor.node.inputs;
    const data = constantData(x);
    if (data !== null) return constant(data, tensor.shape, tensor.dtype);
    return x.node.op.name === "Reshape" ? reshape(x.node.inputs[0], tensor.shape) : null;
  },
  Transpose: (tensor) => {
    const [x] = tensor.node.inputs;
    if (x.node.op.name !== "Transpose") return null;
    const outer = tensor.node.attributes.permutation as number[];
    const inner = x.node.attributes.permutation as number[];
    return transpose(
      x.node.inputs[0],
      outer.map((axis) => inner[axis]),
    );
  },
};

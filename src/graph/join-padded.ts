/**
 * @file Sums of blocks that zeros fill up to one shape, as the gradients of slices are: the blocks side by
 * side are the same, and every number is written once.
 */
import { concat, pad } from "./ops/shape.js";
import type { Tensor } from "./tensor.js";

/** A block along the one axis that it was padded along, by zeros. */
interface Block {
  readonly x: Tensor;
  readonly axis: number;
  readonly from: number;
  readonly to: number;
}

function blockOf({ node, shape }: Tensor): Block | null {
  if (node.op.name !== "Pad" || node.attributes.value !== 0) return null;
  const [x] = node.inputs;
  const axes = shape.flatMap((dim, axis) => (dim === x.shape[axis] ? [] : [axis]));
  if (axes.length !== 1) return null;
  const [axis] = axes;
  const from = (node.attributes.before as readonly number[])[axis];
  return { x, axis, from, to: from + x.shape[axis] };
}

/** What a tensor is joined of along an axis. */
function piecesOf(x: Tensor, axis: number): readonly Tensor[] {
  return x.node.op.name === "Concat" && x.node.attributes.axis === axis ? x.node.inputs : [x];
}

/** The sum of two padded blocks that meet, as one padded block or as the whole; null where they do not. */
export function joinPadded(a: Tensor, b: Tensor): Tensor | null {
  const [one, other] = [blockOf(a), blockOf(b)];
  if (one === null || other === null || one.axis !== other.axis) return null;
  const [low, high] = one.from < other.from ? [one, other] : [other, one];
  if (low.to !== high.from) return null;
  const { axis } = low;
  const beside = (count: number) => a.shape.map((_, i) => (i === axis ? count : 0));
  const joined = concat([...piecesOf(low.x, axis), ...piecesOf(high.x, axis)], axis);
  return pad(joined, beside(low.from), beside(a.shape[axis] - high.to));
}

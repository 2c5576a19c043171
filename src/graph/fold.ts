/**
 * @file Folding for inference, where the values of variables are fixed: what stands behind a convolution
 * becomes part of its filters, and what depends on variables alone is found, to be computed once.
 */
import { topologicalOrder } from "./lowering.js";
import { add, mul } from "./ops/arithmetic.js";
import { ChannelAffine } from "./ops/channel.js";
import { Conv2d } from "./ops/conv2d.js";
import { Constant, isLeaf, leafName } from "./ops/leaf.js";
import { reshape } from "./ops/shape.js";
import { apply, applyMany, type Node, sizeOf, type Tensor } from "./tensor.js";

/** The graph again, with `better` of each rebuilt tensor in its place. */
function rebuilt(
  outputs: readonly Tensor[],
  better: (fresh: Tensor, original: Tensor) => Tensor | null,
): Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map((tensor) => replaced.get(tensor)!);
    const same = inputs.every((tensor, i) => tensor === node.inputs[i]);
    const fresh = same ? node.outputs : applyMany(node.op, inputs, node.attributes);
    node.outputs.forEach((original, i) => {
      replaced.set(original, better(fresh[i], original) ?? fresh[i]);
    });
  }
  return outputs.map((tensor) => replaced.get(tensor)!);
}

/**
 * Convolutions that take in the affine map of channels behind them, batch normalisation as a rule:
 * s (w * x + b) + t = (s w) * x + (s b + t). An equal graph up to rounding. A map before a convolution stays:
 * zeros that the convolution adds around the image are none to the map. So does one behind a convolution
 * that something else reads, too.
 */
export function foldAffine(outputs: readonly Tensor[]): Tensor[] {
  const readers = new Map<Tensor, number>();
  const read = (tensor: Tensor) => readers.set(tensor, (readers.get(tensor) ?? 0) + 1);
  outputs.forEach(read);
  for (const node of topologicalOrder(outputs)) node.inputs.forEach(read);
  return rebuilt(outputs, (fresh, { node }) => {
    if (node.op.name !== ChannelAffine.name || readers.get(node.inputs[0]) !== 1) return null;
    const [{ node: conv }, scale, shift] = fresh.node.inputs;
    if (conv.op.name !== Conv2d.name) return null;
    const [x, weight, bias] = conv.inputs;
    const scaled = mul(weight, reshape(scale, [scale.shape[0], 1, 1, 1]));
    const moved = bias === undefined ? shift : add(mul(bias, scale), shift);
    return apply(conv.op, [x, scaled, moved], conv.attributes);
  });
}

/** What is computed is not stored where it is longer than this and than twice what it is made of. */
const SMALL = 4096;

/**
 * The tensors that depend on nothing but constants and the leaves named in `fixed`, and that something else
 * reads or the graph gives out: those whose values may stand in their place. Not among them are leaves and
 * constants themselves, integers, and what would take much more room than that which it is made of (a vector
 * repeated over an image).
 */
export function fixedParts(outputs: readonly Tensor[], fixed: ReadonlySet<string>): Tensor[] {
  const order = topologicalOrder(outputs);
  const known = new Set<Node>();
  const given = (node: Node) => node.op.name === Constant.name || (isLeaf(node) && fixed.has(leafName(node)));
  for (const node of order) {
    const made = node.inputs.length > 0 && node.inputs.every((tensor) => known.has(tensor.node));
    if (given(node) || (made && !grows(node))) known.add(node);
  }
  const wanted = new Set<Tensor>();
  const want = (tensor: Tensor) => {
    const { node, dtype } = tensor;
    if (known.has(node) && !given(node) && dtype === "float32") wanted.add(tensor);
  };
  outputs.forEach(want);
  for (const node of order) if (!known.has(node)) node.inputs.forEach(want);
  return [...wanted];
}

function grows({ inputs, outputs }: Node): boolean {
  const room = (tensors: readonly Tensor[]) => tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return room(outputs) > Math.max(SMALL, 2 * room(inputs));
}

/** The graph with other tensors, of the same types, in the place of some. */
export function substitute(outputs: readonly Tensor[], by: ReadonlyMap<Tensor, Tensor>): Tensor[] {
  return rebuilt(outputs, (_, original) => by.get(original) ?? null);
}

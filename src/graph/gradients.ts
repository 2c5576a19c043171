/** @file Reverse-mode differentiation: gradients are ordinary tensors and can be differentiated again. */
import { GraphError } from "../common/errors.js";
import { topologicalOrder } from "./lowering.js";
import { add } from "./ops/arithmetic.js";
import { constant } from "./ops/leaf.js";
import { reduceSum } from "./ops/reduce.js";
import { expand, reshape } from "./ops/shape.js";
import { graphError, type Node, type Shape, sameShape, type Tensor } from "./tensor.js";

/**
 * Gradients of `output` with respect to each tensor of `wrt`, each of that tensor's shape; a tensor that
 * `output` does not depend on gets zeros. `output` may have any shape: `seed` is its cotangent (ones if left
 * out, i.e. the gradient of its sum).
 * @throws GraphError naming the operator where the path crosses one without a gradient rule.
 */
export function gradients(output: Tensor, wrt: readonly Tensor[], seed?: Tensor): Tensor[] {
  const found = gradientsOrNull([{ output, seed }], wrt);
  return found.map((gradient, i) => gradient ?? zerosLike(wrt[i]));
}

/** As `gradients`, for several outputs at once, with `null` where nothing depends on a tensor. */
export function gradientsOrNull(
  outputs: readonly { readonly output: Tensor; readonly seed?: Tensor }[],
  wrt: readonly Tensor[],
): (Tensor | null)[] {
  const order = topologicalOrder(outputs.map(({ output }) => output));
  const wanted = new Set(wrt);
  const depends = new Set<Tensor>();
  for (const node of order) {
    const active = node.inputs.some((tensor) => depends.has(tensor)) && node.op.gradient !== "none";
    for (const tensor of node.outputs) {
      if (wanted.has(tensor) || active) depends.add(tensor);
    }
  }
  const cotangents = new Map<Tensor, Tensor>();
  for (const { output, seed } of outputs) {
    if (output.dtype !== "float32") graphError("gradients", "only float32 values have gradients", [output]);
    if (seed !== undefined && !sameShape(seed.shape, output.shape)) {
      graphError("gradients", "the seed must have the output's shape", [seed, output]);
    }
    accumulate(cotangents, output, seed ?? onesLike(output));
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const node = order[i];
    if (!node.inputs.some((tensor) => depends.has(tensor))) continue;
    if (!node.outputs.some((tensor) => cotangents.has(tensor))) continue;
    differentiateNode(node, depends, cotangents);
  }
  return wrt.map((tensor) => cotangents.get(tensor) ?? null);
}

function differentiateNode(node: Node, depends: ReadonlySet<Tensor>, cotangents: Map<Tensor, Tensor>): void {
  const { gradient, name } = node.op;
  if (gradient === "none") return;
  const outputGradients = node.outputs.map((tensor) => cotangents.get(tensor) ?? null);
  const results = gradient({
    node,
    inputs: node.inputs,
    outputs: node.outputs,
    attributes: node.attributes,
    outputGradients,
    get grad() {
      const first = outputGradients[0];
      if (first === null) throw new GraphError(`${name}: gradient asked for an output nothing depends on`);
      return first;
    },
    needs: (i) => depends.has(node.inputs[i]),
  });
  results.forEach((result, i) => {
    const input = node.inputs[i];
    if (result !== null && depends.has(input))
      accumulate(cotangents, input, unbroadcast(result, input.shape));
  });
}

function accumulate(cotangents: Map<Tensor, Tensor>, tensor: Tensor, value: Tensor): void {
  const known = cotangents.get(tensor);
  cotangents.set(tensor, known === undefined ? value : add(known, value));
}

/** Sums a gradient over the axes along which its input was broadcast. */
function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes = gradient.shape.flatMap((dim, i) =>
    i < extra || (shape[i - extra] === 1 && dim !== 1) ? [i] : [],
  );
  const summed = axes.length === 0 ? gradient : reduceSum(gradient, { axes, keepDims: true });
  return sameShape(summed.shape, shape) ? summed : reshape(summed, shape);
}

function onesLike(tensor: Tensor): Tensor {
  const one = constant([1], new Array(tensor.shape.length).fill(1));
  return sameShape(one.shape, tensor.shape) ? one : expand(one, tensor.shape);
}

function zerosLike(tensor: Tensor): Tensor {
  const zero = constant([0], new Array(tensor.shape.length).fill(1));
  return sameShape(zero.shape, tensor.shape) ? zero : expand(zero, tensor.shape);
}

/** @file Computing once what depends on weights alone, so that a model has its result among its weights. */
import { fixedParts, foldAffine, substitute } from "../graph/fold.js";
import { topologicalOrder } from "../graph/lowering.js";
import { input, isLeaf, leafName } from "../graph/ops/leaf.js";
import { simplify } from "../graph/simplify.js";
import type { Tensor } from "../graph/tensor.js";
import type { Engine } from "./engine.js";
import { evaluate } from "./evaluate.js";

/** Tensors, and the values of the leaves that they read. */
export interface WithWeights {
  readonly tensors: readonly Tensor[];
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/**
 * The tensors of an inference model at their least: simplified, batch normalisation within the filters, what
 * depends on weights alone computed.
 */
export function foldForInference(engine: Engine, { tensors, weights }: WithWeights): Promise<WithWeights> {
  return foldConstants(engine, { tensors: simplify(foldAffine(simplify(tensors))), weights });
}

/**
 * The same tensors with every part that depends on weights alone computed by `engine`: each becomes a leaf of
 * its own, named after the first weight it is made of with `.folded` behind.
 */
async function foldConstants(engine: Engine, { tensors, weights }: WithWeights): Promise<WithWeights> {
  const parts = fixedParts(tensors, new Set(weights.keys()));
  if (parts.length === 0) return { tensors, weights };
  const all = new Map(weights);
  const leaves = new Map<Tensor, Tensor>();
  const named: Record<string, Tensor> = {};
  for (const part of parts) {
    const name = freeName(firstLeaf(part), (taken) => all.has(taken) || taken in named);
    named[name] = part;
    leaves.set(part, input(name, part.shape));
  }
  const values = await evaluate(engine, named, Object.fromEntries(weights));
  for (const [name, data] of Object.entries(values)) all.set(name, data);
  return { tensors: substitute(tensors, leaves), weights: all };
}

function firstLeaf(tensor: Tensor): string {
  const leaf = topologicalOrder([tensor]).find(isLeaf);
  return leaf === undefined ? "constant" : leafName(leaf);
}

function freeName(leaf: string, taken: (name: string) => boolean): string {
  const base = `${leaf}.folded`;
  let name = base;
  for (let count = 2; taken(name); count++) name = `${base}_${count}`;
  return name;
}

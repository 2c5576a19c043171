/**
 * @file Clean-up before writing: common subexpressions, identities, constants, sums of one linear operator's
 * results and of blocks. Dead nodes vanish by themselves: the new graph holds what its outputs reach.
 */
import { topologicalOrder } from "./lowering.js";
import { rules } from "./simplify-rules.js";
import type { Node, Tensor } from "./tensor.js";
import { applyMany, exactText } from "./tensor.js";

/**
 * An equal graph with fewer nodes. Values are unchanged up to the rounding of re-associated sums; `detach` is
 * gone, since it has done its work once gradients exist.
 */
export function simplify(outputs: readonly Tensor[]): Tensor[] {
  let current = outputs;
  let size = countNodes(current);
  // A rule may uncover another's work (a merged sum that meets its twin), so passes repeat while they shrink
  // the graph.
  for (;;) {
    const next = simplifyOnce(current);
    const nextSize = countNodes(next);
    current = next;
    if (nextSize >= size) return next;
    size = nextSize;
  }
}

function countNodes(outputs: readonly Tensor[]): number {
  return topologicalOrder(outputs).length;
}

function simplifyOnce(outputs: readonly Tensor[]): Tensor[] {
  const cache = new HashCons();
  const replaced = new Map<Tensor, Tensor>();
  const uses = countUses(outputs);
  for (const node of topologicalOrder(outputs)) {
    const inputs = node.inputs.map((tensor) => replaced.get(tensor)!);
    const results = cache.intern(node, inputs);
    node.outputs.forEach((tensor, i) => {
      const rule = rules[node.op.name];
      const better = rule?.(results[i], { uses: (input) => uses.get(node.inputs[input]) ?? 0 }) ?? results[i];
      replaced.set(tensor, better === results[i] ? better : cache.adopt(better));
    });
  }
  return outputs.map((tensor) => replaced.get(tensor)!);
}

function countUses(outputs: readonly Tensor[]): Map<Tensor, number> {
  const uses = new Map<Tensor, number>();
  const count = (tensor: Tensor) => uses.set(tensor, (uses.get(tensor) ?? 0) + 1);
  outputs.forEach(count);
  for (const node of topologicalOrder(outputs)) node.inputs.forEach(count);
  return uses;
}

/** Remembers nodes by structure, so that equal ones become one. */
class HashCons {
  readonly #nodes = new Map<string, readonly Tensor[]>();
  readonly #ids = new Map<Node, number>();
  readonly #dataIds = new Map<unknown, number>();

  intern(node: Node, inputs: readonly Tensor[]): readonly Tensor[] {
    const key = `${node.op.name}|${inputs.map((tensor) => this.#tensorKey(tensor)).join(",")}|${this.#attributesKey(node)}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    const same = inputs.every((tensor, i) => tensor === node.inputs[i]);
    const outputs = same ? node.outputs : applyMany(node.op, inputs, node.attributes);
    this.#nodes.set(key, outputs);
    return outputs;
  }

  /** Interns a tensor that a rule built, together with whatever new nodes stand under it. */
  adopt(tensor: Tensor): Tensor {
    if (this.#ids.has(tensor.node)) return tensor;
    const inputs = tensor.node.inputs.map((input) => this.adopt(input));
    return this.intern(tensor.node, inputs)[tensor.index];
  }

  #tensorKey(tensor: Tensor): string {
    return `${this.#nodeId(tensor.node)}.${tensor.index}`;
  }

  #nodeId(node: Node): number {
    let id = this.#ids.get(node);
    if (id === undefined) {
      id = this.#ids.size;
      this.#ids.set(node, id);
    }
    return id;
  }

  #attributesKey(node: Node): string {
    return JSON.stringify(node.attributes, (_, value) => {
      if (typeof value === "number" && !Number.isFinite(value)) return `number:${value}`;
      if (Object.is(value, -0)) return "number:-0";
      if (!ArrayBuffer.isView(value)) return value;
      // Small arrays are compared by content, large ones by identity: hashing megabytes would cost more than
      // it finds.
      const array = value as unknown as ArrayLike<number>;
      if (array.length <= 1024) return `${value.constructor.name}:${Array.from(array, exactText).join(",")}`;
      let id = this.#dataIds.get(value);
      if (id === undefined) {
        id = this.#dataIds.size;
        this.#dataIds.set(value, id);
      }
      return `data:${id}`;
    });
  }
}

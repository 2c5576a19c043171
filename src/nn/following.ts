/** @file Copies that follow other variables at a distance: moving averages, momentum encoders. */
import { add, mul } from "../graph/ops/arithmetic.js";
import type { Tensor } from "../graph/tensor.js";
import type { ModuleSet } from "./module.js";

interface Binding {
  readonly name: string;
  readonly leaf: Tensor;
  readonly next: Tensor;
}

/**
 * The new values of all copies: decay · copy + (1 - decay) · what the followed variable becomes in this step.
 * A copy that the step changes by itself is left to that; one whose original stays as it is, stays too.
 */
export function followedNext(modules: ModuleSet, changed: readonly Binding[]): Binding[] {
  const nexts = new Map(changed.map(({ name, next }) => [name, next]));
  return modules.all().flatMap((copy): Binding[] => {
    const { follows } = copy.module;
    const original = modules.followed(copy);
    if (follows === undefined || original === undefined || nexts.has(copy.name)) return [];
    const wanted = nexts.get(original.name);
    if (wanted === undefined) return [];
    const next = add(mul(copy.tensor, follows.decay), mul(wanted, 1 - follows.decay));
    return [{ name: copy.name, leaf: copy.tensor, next }];
  });
}

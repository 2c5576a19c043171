/** @file Dynamic weight average (Liu, Johns and Davison 2019, with MTAN). */
import { z } from "zod";
import { add, div, maximum, minimum, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, greater, greaterOrEqual, where } from "../graph/ops/compare.js";
import { filled } from "../graph/ops/leaf.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { loggedWeights, weightedLoss } from "./aggregate.js";
import { column, presence, softmaxOver } from "./columns.js";
import type { Objective, WeightingContext, WeightingDefinition } from "./weighting.js";

export interface DwaOptions {
  readonly temperature: number;
  /** Batches over which losses are averaged. */
  readonly window: number;
}

/** A loss that falls or grows by more than this factor from window to window counts as one that does so. */
const MOST = 100;

/**
 * Σ w_k L_k, w = K softmax(ρ/T), ρ_k = an objective's mean loss in the last window over that in the one
 * before: what falls more slowly weighs more. 1 until there are two windows. K counts the present ones, and
 * means are over the batches where one is; a window without it leaves its ρ as it was. The paper's windows
 * are epochs.
 */
export const dwa: WeightingDefinition<DwaOptions> = {
  name: "dwa",
  options: z.strictObject({
    temperature: z.number().positive().default(2).describe("T: the larger, the more equal the weights"),
    window: z.int().min(1).default(25).describe("batches over which losses are averaged"),
  }),
  least: 2,
  combine(context, { temperature, window }) {
    const { objectives, state } = context;
    const batches = state("batches", [], 0);
    const done = add(batches.now, 1);
    const ends = cast(greaterOrEqual(done, window), "float32");
    batches.next(mul(done, sub(1, ends)));
    const ratios = objectives.map((objective) => ratioOf(context, objective, ends));
    const present = presence(objectives);
    const weights = mul(softmaxOver(div(column(ratios), temperature), present), reduceSum(present));
    return {
      loss: weightedLoss(objectives, weights),
      values: loggedWeights(objectives, weights),
    };
  },
};

/** ρ of one objective in this step; `ends`: 1 where the window ends with it. */
function ratioOf({ state }: WeightingContext, { name, loss, present }: Objective, ends: Tensor): Tensor {
  const [total, count] = [state(`sum.${name}`, [], 0), state(`count.${name}`, [], 0)];
  const [last, before] = [state(`last.${name}`, [], 0), state(`before.${name}`, [], 0)];
  const sum = add(total.now, mul(detach(loss), present));
  const seen = add(count.now, present);
  const goesOn = sub(1, ends);
  total.next(mul(sum, goesOn));
  count.next(mul(seen, goesOn));
  const moves = greater(mul(seen, ends), 0);
  last.next(where(moves, div(sum, maximum(seen, 1)), last.now));
  before.next(where(moves, last.now, before.now));
  const ratio = minimum(div(last.now, where(greater(before.now, 0), before.now, 1)), MOST);
  return where(greater(before.now, 0), ratio, filled(1));
}

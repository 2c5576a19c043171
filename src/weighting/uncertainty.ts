/** @file Weighting by homoscedastic uncertainty (Kendall, Gal and Cipolla 2018). */
import { z } from "zod";
import { add, clip, mul } from "../graph/ops/arithmetic.js";
import { exp, neg } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { constantOf } from "../nn/initializers.js";
import { sum } from "./sums.js";
import { type Objective, type WeightingDefinition, weightName } from "./weighting.js";

export interface UncertaintyOptions {
  /** Starting value of s = log σ². */
  readonly start: number;
  /** s is kept within ±bound, so that a loss of 0 does not drag its weight to infinity. */
  readonly bound: number;
  readonly learningRate?: number;
}

const GROUP = "uncertainty";

/**
 * With s_k = log σ_k², learned: regression (eq. 5) e^{-s}/2 · L + s/2, classification (eq. 10) e^{-s} · L +
 * s/2. An objective that the batch says nothing of adds neither, so that s stays where it is. Logged: the
 * factor before L.
 */
export const uncertainty: WeightingDefinition<UncertaintyOptions> = {
  name: "uncertainty",
  options: z.strictObject({
    start: z.number().default(0).describe("of s = log σ² of every objective"),
    bound: z.number().positive().default(10).describe("s stays within ± this"),
    learningRate: z.number().positive().optional().describe("of s; the run's own if left out"),
  }),
  least: 1,
  group: ({ learningRate }) => ({ name: GROUP, learningRate }),
  combine({ objectives, scope }, { start, bound }) {
    const own = scope.inGroup(GROUP);
    const weighed = objectives.map((objective) => {
      const free = own.parameter(`log-variance.${objective.name}`, [], constantOf(start));
      const s = clip(free, -bound, bound);
      const factor = factorOf(objective, s);
      const penalty = mul(mul(s, 0.5), objective.present);
      return { objective, factor, loss: add(mul(factor, objective.loss), penalty) };
    });
    return {
      loss: sum(weighed.map(({ loss }) => loss)),
      values: Object.fromEntries(weighed.map(({ objective, factor }) => [weightName(objective), factor])),
    };
  },
};

function factorOf({ likelihood }: Objective, s: Tensor): Tensor {
  const precision = exp(neg(s));
  return likelihood === "classification" ? precision : mul(precision, 0.5);
}

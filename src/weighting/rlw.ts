/** @file Random loss weighting (Lin, Ye and Zhang 2022). */
import { z } from "zod";
import { mul } from "../graph/ops/arithmetic.js";
import { reshape, slice, stack } from "../graph/ops/shape.js";
import { softmax } from "../graph/ops/softmax.js";
import { noiseInput } from "../nn/step-input.js";
import { sum } from "./sums.js";
import { type WeightingDefinition, weightName } from "./weighting.js";

/** Σ w_k L_k with w = softmax(z), z ~ N(0, I), drawn anew for every batch; the weights sum to 1. */
export const rlw: WeightingDefinition<Record<string, never>> = {
  name: "rlw",
  options: z.strictObject({}),
  least: 2,
  combine({ objectives, input }) {
    const drawn = objectives.map(({ name }) =>
      input(noiseInput({ name: `rlw.${name}`, shape: [], distribution: "normal" })),
    );
    const weights = softmax(stack(drawn), 0);
    const weighed = objectives.map((objective, k) => {
      const weight = reshape(slice(weights, { starts: [k], ends: [k + 1] }), []);
      return { name: weightName(objective), weight, loss: mul(objective.loss, weight) };
    });
    return {
      loss: sum(weighed.map(({ loss }) => loss)),
      values: Object.fromEntries(weighed.map(({ name, weight }) => [name, weight])),
    };
  },
};

/** @file No weighting: the sum of all objectives. */
import { z } from "zod";
import { sum } from "./sums.js";
import type { WeightingDefinition } from "./weighting.js";

/** Σ L_k: every objective counts as its terms' own weights say. */
export const equal: WeightingDefinition<Record<string, never>> = {
  name: "equal",
  options: z.strictObject({}),
  least: 0,
  combine: ({ objectives }) => ({ loss: sum(objectives.map(({ loss }) => loss)) }),
};

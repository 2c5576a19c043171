/** @file The registry of weightings: one line each. */
import { equal } from "./equal.js";
import { uncertainty } from "./uncertainty.js";
import type { WeightingDefinition } from "./weighting.js";

export * from "./weighting.js";
export { equal, uncertainty };

// biome-ignore lint/suspicious/noExplicitAny: each weighting validates its own options.
export const weightings: Readonly<Record<string, WeightingDefinition<any>>> = {
  [equal.name]: equal,
  [uncertainty.name]: uncertainty,
};

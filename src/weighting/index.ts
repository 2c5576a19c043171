/** @file The registry of weightings: one line each. */
import { registry } from "../common/registry.js";
import { equal } from "./equal.js";
import { rlw } from "./rlw.js";
import { uncertainty } from "./uncertainty.js";
import type { WeightingDefinition } from "./weighting.js";

export * from "./weighting.js";
export { equal, uncertainty };

// biome-ignore lint/suspicious/noExplicitAny: each weighting validates its own options.
export const weightings = registry<WeightingDefinition<any>>("weightings", {
  [equal.name]: equal,
  [uncertainty.name]: uncertainty,
  [rlw.name]: rlw,
});

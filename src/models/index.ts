/** @file The registry of models: one line each. */
import type { ModelDefinition } from "./network.js";
import { segnetModel } from "./segnet.js";

export type { Encoded, Head, ModelDefinition, Network } from "./network.js";
export { type SegNetOptions, segnet } from "./segnet.js";

// biome-ignore lint/suspicious/noExplicitAny: each model validates its own options.
export const models: Readonly<Record<string, ModelDefinition<any>>> = {
  [segnetModel.name]: segnetModel,
};

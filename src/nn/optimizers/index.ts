/** @file The registry of optimizers: one line each. */

import { z } from "zod";
import { registry } from "../../common/registry.js";
import { adam, adamw } from "./adam.js";
import type { Optimizer } from "./optimizer.js";
import { sgd } from "./sgd.js";

/**
 * An optimizer of the registry. `options` validates what stands under `optimizer:` besides name, rate and
 * schedule.
 */
export interface OptimizerDefinition<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  /** Learning rate where the configuration names none. */
  readonly learningRate: number;
  create(options: O): Optimizer;
}

const weightDecay = (about: string, value: number) => z.number().nonnegative().default(value).describe(about);
const moment = (value: number) => z.number().min(0).lt(1).default(value);
const epsilon = z.number().positive().default(1e-8);

const sgdOptions = z.strictObject({
  momentum: z.number().min(0).lt(1).default(0),
  nesterov: z.boolean().default(false),
  weightDecay: weightDecay("L2 penalty added to the gradient", 0),
});
const adamOptions = z.strictObject({
  beta1: moment(0.9),
  beta2: moment(0.999),
  epsilon,
  weightDecay: weightDecay("L2 penalty added to the gradient", 0),
});
const adamwOptions = z.strictObject({
  beta1: moment(0.9),
  beta2: moment(0.999),
  epsilon,
  weightDecay: weightDecay("decay of the parameter by rate * weightDecay", 0.01),
});

/** Every optimizer by name. Adam's rate is the one that MTPSL and JTR train with. */
// biome-ignore lint/suspicious/noExplicitAny: each optimizer validates its own options.
export const optimizers = registry<OptimizerDefinition<any>>("optimizers", {
  sgd: { name: "sgd", options: sgdOptions, learningRate: 0.01, create: sgd },
  adam: { name: "adam", options: adamOptions, learningRate: 1e-4, create: adam },
  adamw: { name: "adamw", options: adamwOptions, learningRate: 1e-4, create: adamw },
});

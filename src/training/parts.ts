/** @file The registered parts a configuration names: its network, method and optimizer. */

import type { ViewSpec } from "../data/types.js";
import { methods } from "../methods/index.js";
import type { MethodDefinition } from "../methods/method.js";
import { models } from "../models/index.js";
import type { Network } from "../models/network.js";
import { optimizers } from "../nn/optimizers/index.js";
import type { Optimizer } from "../nn/optimizers/optimizer.js";
import { scheduleFactor } from "../nn/schedules.js";
import { optionsOf, type RunConfig } from "./config/index.js";

export function networkOf({ model }: Pick<RunConfig, "model">): Network {
  return models[model.name].create(optionsOf(model, ["weights"]));
}

export function methodOf({ method }: Pick<RunConfig, "method">): {
  method: MethodDefinition;
  options: unknown;
} {
  return { method: methods[method.name], options: optionsOf(method) };
}

export function optimizerOf({ optimizer }: Pick<RunConfig, "optimizer">): Optimizer {
  return optimizers[optimizer.name].create(optionsOf(optimizer, ["learningRate", "schedule"]));
}

/** Learning rate of the update after `step` earlier ones. */
export function learningRateAt({ optimizer, steps }: RunConfig, step: number): number {
  return optimizer.learningRate * scheduleFactor(optimizer.schedule, step, steps);
}

/** The views of each sample that the method asks for, filled in by the configured augmentation. */
export function viewsOf(config: RunConfig): ViewSpec[] {
  const { method, options } = methodOf(config);
  const { scales, flip, photometric } = config.augmentation;
  const plans = method.views?.(options) ?? [{ from: "sample" as const, photometric: false }];
  return plans.map((plan) => ({
    from: plan.from,
    scales,
    // A view cut from another one is that one's mirror image already.
    flip: plan.from === "sample" ? flip : 0,
    photometric: plan.photometric ? photometric : 0,
  }));
}

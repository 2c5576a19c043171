/** @file The registered parts a configuration names: its network, method and optimizer. */

import type { ViewSpec } from "../data/types.js";
import { type ConfiguredMethod, compose } from "../methods/compose.js";
import { methods } from "../methods/index.js";
import { type GroupPlan, PLAIN_VIEWS } from "../methods/method.js";
import { models } from "../models/index.js";
import type { Network } from "../models/network.js";
import { optimizers } from "../nn/optimizers/index.js";
import type { Optimizer } from "../nn/optimizers/optimizer.js";
import { scheduleFactor } from "../nn/schedules.js";
import { type Named, optionsOf, type RunConfig } from "./config/index.js";
import { MAIN_GROUP } from "./program.js";

/** Operations a view, as JTR's code has them, where the method asks for changed colours and the configuration does not say how many. */
const PHOTOMETRIC = 2;

/** The network that is trained and kept: the configured one, or what the method makes of it. */
export function networkOf(config: Pick<RunConfig, "model" | "method">): Network {
  const network = models[config.model.name].create(optionsOf(config.model, ["weights"]));
  const { method, options } = methodOf(config);
  return method.network?.(network, options) ?? network;
}

/** The configured method, with the terms of those under `method.with`. */
export function methodOf({ method }: Pick<RunConfig, "method">): ConfiguredMethod {
  const configured = (each: Named): ConfiguredMethod => ({
    method: methods[each.name],
    options: optionsOf(each, ["with"]),
  });
  return compose(configured(method), (method.with as readonly Named[]).map(configured));
}

export function optimizerOf({ optimizer }: Pick<RunConfig, "optimizer">): Optimizer {
  return optimizers[optimizer.name].create(optionsOf(optimizer, ["learningRate", "schedule"]));
}

/** Images of every batch, those that are appended included. */
export function imagesPerBatch({ batchSize, append }: Pick<RunConfig, "batchSize" | "append">): number {
  return batchSize + (append?.count ?? 0);
}

/** Learning rates, by group of parameters, of the update after `step` earlier ones. */
export function learningRatesAt(config: RunConfig, step: number): Record<string, number> {
  const { optimizer, steps } = config;
  const { method, options } = methodOf(config);
  const plans: readonly Omit<GroupPlan, "owns">[] = [
    { name: MAIN_GROUP },
    ...(method.groups?.(options) ?? []),
  ];
  return Object.fromEntries(
    plans.map(({ name, learningRate = optimizer.learningRate, schedule = optimizer.schedule }) => [
      name,
      learningRate * scheduleFactor(schedule, step, steps),
    ]),
  );
}

/** The views of each sample that the method asks for, filled in by the configured augmentation. */
export function viewsOf(config: RunConfig): ViewSpec[] {
  const { method, options } = methodOf(config);
  const { scales, flip, photometric } = config.augmentation;
  const plans = method.views?.(options) ?? PLAIN_VIEWS;
  return plans.map((plan) => ({
    from: plan.from,
    scales: plan.geometry === "shared" ? [] : scales,
    // A view cut from another one is that one's mirror image already.
    flip: plan.from === "sample" || plan.geometry === "free" ? flip : 0,
    photometric: photometric ?? (plan.photometric ? PHOTOMETRIC : 0),
  }));
}

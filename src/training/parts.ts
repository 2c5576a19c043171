/** @file The registered parts a configuration names, and from them the plan of its step. */
import { methodNamed } from "../constraints/index.js";
import { TRAIN_SPLIT } from "../data/names.js";
import type { Dataset } from "../data/types.js";
import { MAIN_STREAM } from "../fields/layout.js";
import { type ConfiguredMethod, compose } from "../methods/compose.js";
import { models } from "../models/index.js";
import type { Network } from "../models/network.js";
import { optimizers } from "../nn/optimizers/index.js";
import type { StepPlan } from "../step/plan.js";
import { weightings } from "../weighting/index.js";
import { type Named, optionsOf, type RunConfig, type SettledConfig } from "./config/index.js";
import type { RunData } from "./run-data.js";

/** The network that is trained and kept: the configured one, or what the method makes of it. */
export function networkOf(config: Pick<RunConfig, "model" | "method">): Network {
  const network = models[config.model.name].create(optionsOf(config.model, ["weights"]));
  const { method, options } = methodOf(config);
  return method.network?.(network, options) ?? network;
}

/** The configured method, with the terms of those under `method.with`. */
export function methodOf({ method }: Pick<RunConfig, "method">): ConfiguredMethod {
  const configured = (each: Named): ConfiguredMethod => ({
    method: methodNamed(each.name),
    options: optionsOf(each, ["with"]),
  });
  return compose(configured(method), (method.with as readonly Named[]).map(configured));
}

/** Images of every batch, those that are appended included. */
export function imagesPerBatch({ batchSize, append }: Pick<RunConfig, "batchSize" | "append">): number {
  return batchSize + (append?.count ?? 0);
}

/** Everything that decides a run's step. Nothing below it sees the configuration. */
export function resolve(config: SettledConfig, data: Pick<RunData, "tasks" | "size" | "dataset">): StepPlan {
  const { optimizer, weighting } = config;
  const { tasks, size } = data;
  return {
    tasks,
    size,
    network: networkOf(config),
    method: methodOf(config),
    weighting: { weighting: weightings[weighting.name], options: optionsOf(weighting) },
    optimizer: optimizers[optimizer.name].create(optionsOf(optimizer, ["learningRate", "schedule"])),
    learningRate: optimizer.learningRate,
    schedule: optimizer.schedule,
    steps: config.steps,
    batchSize: imagesPerBatch(config),
    samples: samplesOf(config, data.dataset),
    clipNorm: config.clipNorm ?? undefined,
    accumulate: config.accumulate,
    emaDecay: config.ema,
    seed: config.seed,
  };
}

/** How many images each stream may draw from, with those that are appended to it. */
function samplesOf(config: RunConfig, { info }: Dataset): Record<string, number> {
  const count = (split: string) => info.splits[split].length;
  const { method, options } = methodOf(config);
  const further = Object.entries(method.streams?.(options) ?? {}).map(
    ([name, { split = TRAIN_SPLIT }]) => [name, count(split)] as const,
  );
  const appended = config.append?.split === undefined ? 0 : count(config.append.split);
  return { [MAIN_STREAM]: count(TRAIN_SPLIT) + appended, ...Object.fromEntries(further) };
}

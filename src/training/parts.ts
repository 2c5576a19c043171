/** @file The registered parts a configuration names, and from them the plan of its step. */
import { methodNamed } from "../constraints/index.js";
import { type ConfiguredMethod, compose } from "../methods/compose.js";
import { ENCODER_GROUP, withEncoderGroup, withFrozenEncoder } from "../models/encoder-training.js";
import { models } from "../models/index.js";
import type { Network } from "../models/network.js";
import { optimizers } from "../nn/optimizers/index.js";
import type { StepPlan } from "../step/plan.js";
import { weightings } from "../weighting/index.js";
import {
  type Named,
  optionsOf,
  type RunConfig,
  type SettledConfig,
  STREAM_KEYS,
  type StreamConfig,
} from "./config/index.js";
import type { RunData } from "./run-data.js";

/** The network that is trained and kept: the configured one, or what the method makes of it. */
export function networkOf(config: Pick<RunConfig, "model" | "method" | "optimizer">): Network {
  const { name, freeze } = config.model;
  const plain = models[name].create(optionsOf(config.model, ["weights", "freeze"]));
  const own = config.optimizer.encoder === undefined ? plain : withEncoderGroup(plain);
  const network = freeze === true ? withFrozenEncoder(own) : own;
  const { method, options } = methodOf(config);
  return method.network?.(network, options) ?? network;
}

/** A configured method, without those beside it. */
export function configuredMethod(each: Named): ConfiguredMethod {
  const { batchSize, images, augmentation } = each as StreamConfig;
  const method = methodNamed(each.name);
  const own = ["with", ...(method.selfSupervised ? STREAM_KEYS : [])];
  return {
    method,
    options: optionsOf(each, own),
    ...(method.selfSupervised && {
      stream: { batchSize, images: images === "labelled" ? images : undefined, augmentations: augmentation },
    }),
  };
}

/** The configured method, with the terms of those under `method.with`. */
export function methodOf({ method }: Pick<RunConfig, "method">): ConfiguredMethod {
  return compose(configuredMethod(method), (method.with as readonly Named[]).map(configuredMethod));
}

/** Images of every batch, those that are appended included. */
export function imagesPerBatch({ batchSize, append }: Pick<RunConfig, "batchSize" | "append">): number {
  return batchSize + (append?.count ?? 0);
}

/**
 * Everything that decides a run's step. Nothing below it sees the configuration. `samples`: how many each
 * stream draws from.
 */
export function resolve(
  config: SettledConfig,
  data: Pick<RunData, "tasks" | "size">,
  samples: StepPlan["samples"],
): StepPlan {
  const { optimizer, weighting } = config;
  const { tasks, size } = data;
  return {
    tasks,
    size,
    network: networkOf(config),
    method: methodOf(config),
    weighting: { weighting: weightings[weighting.name], options: optionsOf(weighting) },
    optimizer: optimizers[optimizer.name].create(
      optionsOf(optimizer, ["learningRate", "schedule", "encoder"]),
    ),
    groups: optimizer.encoder === undefined ? [] : [{ name: ENCODER_GROUP, ...optimizer.encoder }],
    learningRate: optimizer.learningRate,
    schedule: optimizer.schedule,
    steps: config.steps,
    batchSize: imagesPerBatch(config),
    samples,
    clipNorm: config.clipNorm ?? undefined,
    accumulate: config.accumulate,
    emaDecay: config.ema,
    seed: config.seed,
  };
}

/** @file The streams of a run and what its methods need of them, before anything is trained. */
import { UserError } from "../common/errors.js";
import { drawViews } from "../data/augment/views.js";
import type { StreamPlan } from "../data/loading/loader.js";
import { requireViewSize } from "../data/loading/stack.js";
import type { LabelAssignment } from "../data/types.js";
import { MAIN_STREAM } from "../fields/layout.js";
import { batchPlan, samplesOf } from "./batch-plan.js";
import type { Named, RunConfig } from "./config/index.js";
import { configuredMethod } from "./parts.js";
import type { RunData } from "./run-data.js";

/** Throws UserError where augmentations do not suit the size of the images, or leave another one. */
function requireViews({ size, viewSize, views }: StreamPlan, seed: number): void {
  const [height, width] = size;
  const drawn = drawViews({ height, width }, views, { seed, draw: ["check"] });
  for (const view of drawn) requireViewSize(view.size, { size, viewSize });
}

function tooFew(method: string, key: string, samples: number, batchSize: number): UserError {
  return new UserError({
    code: "data.fewer-than-a-batch",
    what: `${method} learns from how images differ, and there are fewer than a batch has`,
    where: `${key}: ${method}`,
    expected: `${batchSize} images or more`,
    got: String(samples),
    fix: "Make `batchSize` smaller (under `method.with` each method may have its own), or name more images.",
  });
}

/**
 * Draws a view of every stream, and asks methods about their options.
 * @returns warnings. @throws UserError where crops do not fit, sizes differ, or images do not fill a batch.
 */
export function checkStreams(config: RunConfig, data: RunData, labels: LabelAssignment): string[] {
  const { streams } = batchPlan(config, data, labels);
  const samples = samplesOf(config, data, labels);
  for (const stream of Object.values(streams)) requireViews(stream, config.seed);
  const warnings: string[] = [];
  const methods = [config.method, ...(config.method.with as readonly Named[])];
  for (const [i, each] of methods.entries()) {
    const { method, options } = configuredMethod(each);
    if (!method.selfSupervised) continue;
    const stream = i === 0 ? MAIN_STREAM : method.name;
    const { batchSize } = streams[stream];
    if (samples[stream] < batchSize)
      throw tooFew(method.name, i === 0 ? "method" : "method.with", samples[stream], batchSize);
    warnings.push(...(method.warnings?.(options, { samples: samples[stream], batchSize }) ?? []));
  }
  return [...warnings, ...repetitionWarning(config, streams[MAIN_STREAM], samples[MAIN_STREAM])];
}

/** What to say of labelled images that do not fill a batch. */
function repetitionWarning(
  { method }: RunConfig,
  { batchSize, images }: StreamPlan,
  samples: number,
): string[] {
  if (images !== "labelled" || samples >= batchSize || configuredMethod(method).method.selfSupervised)
    return [];
  return [
    `only ${samples} training images have a label, fewer than a batch of ${batchSize}: some stand in it more than ` +
      "once, changed differently.",
  ];
}

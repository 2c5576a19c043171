/** @file From epochs, in which papers count, to steps, in which runs do. */
import type { LabelAssignment } from "../data/types.js";
import { batchesPerEpoch } from "./batch-plan.js";
import type { RunConfig, SettledConfig } from "./config/index.js";
import type { RunData } from "./run-data.js";

/**
 * A configuration with what the data tells filled in: its tasks, and in steps what is in epochs. An epoch has
 * as many as there are whole batches of training images, over `accumulate`; parts of a step are rounded up.
 * `labels` are asked for where something is in epochs.
 */
export async function settled(
  config: RunConfig,
  data: RunData,
  labels: () => Promise<LabelAssignment>,
): Promise<SettledConfig> {
  const { epochs, optimizer, accumulate } = config;
  const { schedule } = optimizer;
  const stepsOf = async (count: number) =>
    Math.ceil((count * batchesPerEpoch(config, data, await labels())) / accumulate);
  return {
    ...config,
    tasks: config.tasks ?? data.tasks.map(({ name }) => name),
    epochs: undefined,
    // A configuration that has been checked has one of them.
    steps: epochs === undefined ? config.steps! : await stepsOf(epochs),
    optimizer: {
      ...optimizer,
      schedule: "everyEpochs" in schedule ? await inSteps(schedule, stepsOf) : schedule,
    },
  };
}

async function inSteps(
  { everyEpochs, ...schedule }: Extract<RunConfig["optimizer"]["schedule"], { everyEpochs: number }>,
  stepsOf: (epochs: number) => Promise<number>,
): Promise<SettledConfig["optimizer"]["schedule"]> {
  return { ...schedule, every: await stepsOf(everyEpochs) };
}

/** @file A preset over a configuration that is there already. */
import { knownTasks } from "../data/derived-tasks.js";
import { openDataset } from "../data/formats/index.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { resolveTasks } from "../tasks/index.js";
import type { Override, RunConfig } from "./config/index.js";
import { firstSize } from "./image-size.js";
import { type PresetName, presetSettings } from "./presets.js";
import { runLabels, sourceOf } from "./run-data.js";

/**
 * What a preset changes in a configuration, for the labels that its run sees: network, method, weighting,
 * optimizer, length and size of images (a built-in world keeps its own). Throws UserError where the data
 * cannot be opened.
 */
export async function presetOverrides(
  preset: PresetName,
  config: RunConfig,
  log: (message: string) => void,
): Promise<Override[]> {
  const source = await sourceOf(config, log);
  const dataset = await openDataset({ ...source, size: undefined });
  const { tasks: own } = dataset.info;
  const tasks =
    config.tasks === undefined ? resolveTasks(own) : resolveTasks(knownTasks(dataset.info), config.tasks);
  const labels = Object.values(await runLabels(config, { dataset, tasks }));
  const count = (task: string) => labels.filter((kept) => kept.includes(task)).length;
  const { size, ...settings } = presetSettings(preset, {
    images: dataset.info.splits[TRAIN_SPLIT].length,
    labelled: Object.fromEntries(tasks.map(({ name }) => [name, count(name)])),
    size: await firstSize(dataset, TRAIN_SPLIT),
  });
  const values: [string, unknown][] = [
    ...Object.entries({ weighting: undefined, sampling: undefined, ...settings }),
    ["epochs", undefined],
    ["evaluation.every", Math.ceil(settings.steps / 5)],
    ...("path" in config.data ? [["data.size", size] as [string, unknown]] : []),
  ];
  return values.map(([key, value]) => ({
    path: key.split("."),
    value,
    text: `${key}=${JSON.stringify(value)} (of --preset ${preset})`,
  }));
}

/** @file The first configuration for a dataset that was just made. */
import { join } from "node:path";
import { stringify } from "yaml";
import type { StartedDataset } from "../data/starting/start.js";
import { parseConfig } from "./config/index.js";
import { type DataFacts, type PresetName, presetAbout, presetSettings, USUAL_PRESET } from "./presets.js";
import { aboutSeconds, estimatedSeconds } from "./time-estimate.js";

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** What a preset has to know of a dataset that was just made. */
function factsOf({ splits, trained, sizes }: StartedDataset): DataFacts {
  const [[most]] = Object.entries(sizes).sort(([, a], [, b]) => b - a);
  const [width, height] = most.split("x").map(Number);
  return { images: splits.train ?? 0, labelled: trained, size: [height, width] };
}

/**
 * The text of a configuration beside the dataset's `dataset.yaml`: a preset's settings for so many labels.
 * Says how long it takes.
 */
export function startingConfig(found: StartedDataset, preset: PresetName = USUAL_PRESET): string {
  const { size, ...settings } = presetSettings(preset, factsOf(found));
  const validated = found.splits.val !== undefined;
  const { steps } = settings;
  const config = {
    data: { path: ".", size },
    tasks: Object.keys(found.tasks),
    ...settings,
    evaluation: validated ? { split: "val", every: Math.ceil(steps / 5) } : { split: null },
    ...(!validated && { checkpoint: { best: null } }),
  };
  const text = stringify(config, { lineWidth: 0, flowCollectionPadding: false });
  const seconds = estimatedSeconds(parseConfig(text, join(".", "config.yaml")), found.tasks);
  const comments = [
    `# Written by \`taskloom init\` for ${found.splits.train ?? 0} training images of ${sum(found.splits)}. Train with: taskloom train config.yaml`,
    `# Preset ${preset}: ${presetAbout(preset)}. Takes ${aboutSeconds(seconds!)} on two cores.`,
    "# Larger pictures and networks take longer and are often better: data.size (multiples of 32), model.width, more steps.",
    "# With a network at hand, features learnt from ImageNet: model: {name: deeplabv3plus, encoder: resnet18, weights: torchvision/resnet18}.",
  ];
  return `${comments.join("\n")}\n${text}`;
}

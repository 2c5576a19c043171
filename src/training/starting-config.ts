/** @file The first configuration for a dataset that was just made. */
import { stringify } from "yaml";
import type { StartedDataset } from "../data/starting/start.js";

/** The network's strides go into both sides. */
const MULTIPLE = 32;
/** Pixels of the shorter side. */
const SHORT_SIDE = 128;
/** The longer side is at most so many times as long. */
const LONGEST = 2;
const BATCH = 4;
/** How often each labelled image is seen, and how many steps that makes at least and at most. */
const PASSES = 60;
const [FEWEST_STEPS, MOST_STEPS] = [400, 4000];

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

/** [height, width] with the shape of most images, small enough to train on a CPU. */
function startingSize(sizes: Readonly<Record<string, number>>): [number, number] {
  const [[most]] = Object.entries(sizes).sort(([, a], [, b]) => b - a);
  const [width, height] = most.split("x").map(Number);
  const long = Math.min(LONGEST, Math.max(width, height) / Math.min(width, height)) * SHORT_SIDE;
  const rounded = (length: number) => Math.max(MULTIPLE, Math.round(length / MULTIPLE) * MULTIPLE);
  return width >= height ? [SHORT_SIDE, rounded(long)] : [rounded(long), SHORT_SIDE];
}

/** Whether some training images lack labels of some tasks, among several tasks. */
function partlyLabelled({ splits, trained }: StartedDataset): boolean {
  const counts = Object.values(trained);
  return counts.length > 1 && counts.some((count) => count < (splits.train ?? 0));
}

/**
 * The text of a configuration beside the dataset's `dataset.yaml`: a small network, settings that the
 * project's own tables are made with, as many steps as there are labels for. Several tasks of which some
 * labels are missing are trained by JTR, in its recommended variant, others by supervision.
 */
export function startingConfig(found: StartedDataset): string {
  const { splits, trained } = found;
  const partial = partlyLabelled(found);
  const labels = Math.max(...Object.values(trained));
  const steps = Math.min(MOST_STEPS, Math.max(FEWEST_STEPS, Math.round((PASSES * labels) / BATCH)));
  const images = splits.train ?? 0;
  const scarce = Object.values(trained).some((count) => count < images / 2);
  const validated = splits.val !== undefined;
  const config = {
    data: { path: ".", size: startingSize(found.sizes) },
    tasks: Object.keys(found.tasks),
    model: { name: "segnet", width: 16 },
    method: { name: partial ? "jtr" : "supervised" },
    optimizer: { name: "adam", learningRate: 0.001, schedule: { name: "polynomial" } },
    clipNorm: 5,
    batchSize: Math.min(BATCH, Math.max(1, images)),
    steps,
    ...(scarce && { sampling: { balance: "tasks" } }),
    evaluation: validated ? { split: "val", every: Math.ceil(steps / 5) } : { split: null },
    ...(!validated && { checkpoint: { best: null } }),
  };
  const comments = [
    `# Written by \`taskloom init\` for ${images} training images of ${sum(splits)}. Train with: taskloom train config.yaml`,
    "# Larger pictures and networks take longer and are often better: data.size (multiples of 32), model.width 32, more steps.",
    ...(partial
      ? ["# jtr learns from images without some of the labels; supervised takes less than half the time."]
      : []),
  ];
  return `${comments.join("\n")}\n${stringify(config, { lineWidth: 0, flowCollectionPadding: false })}`;
}

/** @file The first lines of `train`: what is trained, on what, how large it is. */
import { TRAIN_SPLIT } from "../data/names.js";
import { countLabels } from "../data/scenarios.js";
import { formatCount } from "../report/numbers.js";
import type { Named } from "../training/config/index.js";
import type { RunConfig, TrainOptions } from "../training/index.js";

type Prepared = Parameters<NonNullable<TrainOptions["onPrepared"]>>[0];
type Built = Parameters<NonNullable<TrainOptions["onBuilt"]>>[0];

/** What the configuration alone tells. */
export function runLine(config: RunConfig, folder: string): string {
  const { model, method, steps, epochs, runtime } = config;
  const methods = [method, ...(method.with as readonly Named[])].map(methodText).join(" with ");
  const threads = runtime.threads === 0 ? "" : `, ${runtime.threads} threads`;
  const images = config.batchSize + (config.append?.count ?? 0);
  const batches = config.accumulate === 1 ? `${images}` : `${config.accumulate} x ${images}`;
  const length = epochs === undefined ? `${steps} steps` : `${epochs} epochs in steps`;
  return `${folder}: ${methods} on ${model.name}, ${length} of ${batches} images, ${runtime.provider}${threads}`;
}

function methodText({ name, variant }: Named): string {
  return typeof variant === "string" ? `${name} (${variant})` : name;
}

const RESIZED = { letterbox: "letterboxed,", crop: "random parts of them," } as const;

/** Images, their labels by task, and the images that are evaluated. */
export function dataLine({ config, data, labels }: Prepared): string {
  const { info } = data.dataset;
  const names = data.tasks.map(({ name }) => name);
  const { samples, unlabelled, perTask } = countLabels(labels, names);
  const counts = names.map((name) => `${name} ${perTask[name]}`);
  const none = unlabelled === 0 ? "" : `, ${unlabelled} images without any`;
  const { split } = config.evaluation;
  const evaluated = split === null ? "" : `, ${info.splits[split].length} in ${split}`;
  const { resize } = config.data;
  const made = resize === undefined || resize === "squash" ? "" : `, ${RESIZED[resize]}`;
  const size = `${data.size[0]}x${data.size[1]}${made}`;
  return `${info.name}: ${samples} images of ${size} in ${TRAIN_SPLIT}${evaluated}; labels: ${counts.join(", ")}${none}`;
}

/** The network's size; what comes next takes a while. */
export function builtLine({ parameters: { network, helpers } }: Built): string {
  const further = helpers === 0 ? "" : ` + ${formatCount(helpers)} of helper networks`;
  return `${formatCount(network)} parameters${further}; compiling`;
}

/** @file A run's tasks against its labels, before anything is trained. */
import { checkLabels, type LabelCheck, type LabelPool } from "../data/check-labels.js";
import { checkClips } from "../data/clip-check.js";
import { labellessShare } from "../data/loading/balance.js";
import { TRAIN_SPLIT } from "../data/names.js";
import { availableLabels } from "../data/strip.js";
import type { Dataset, LabelAssignment } from "../data/types.js";
import type { ExtraArray } from "../fields/layout.js";
import { givenFields, type OptionalField } from "../fields/sample.js";
import type { RunConfig } from "./config/index.js";
import { resizeOf } from "./image-size.js";
import { methodOf } from "./parts.js";
import { type RunData, runLabels } from "./run-data.js";

/** A further split that is appended, with the labels it has of the tasks that are named. */
async function appendedPool({ append }: RunConfig, dataset: Dataset): Promise<LabelPool[]> {
  if (append?.split === undefined) return [];
  const { split, tasks } = append;
  const available = await availableLabels(dataset, split);
  const labels = [...available].map(([id, kept]) => [
    id,
    kept.filter((task) => tasks?.includes(task) ?? true),
  ]);
  return [{ split, labels: Object.fromEntries(labels) }];
}

function isGiven(array: ExtraArray): array is ExtraArray & OptionalField {
  return Object.hasOwn(givenFields, array);
}

/** Whether choosing a checkpoint or early stopping asks for a measurement of a task. */
function isMeasured({ checkpoint, earlyStopping }: RunConfig, task: string): boolean {
  return [checkpoint.best, earlyStopping?.metric].some(
    (metric) => metric === "relative" || metric?.startsWith(`${task}.`),
  );
}

/**
 * Checks the labels that a run is about to see.
 * `onBlank` is told of labels without a valid pixel that the warnings speak of.
 * @returns warnings. @throws UserError where a task cannot be learnt, or not measured although it must be.
 */
export async function checkRunLabels(
  config: RunConfig,
  data: RunData,
  log: (message: string) => void,
  onBlank?: LabelCheck["onBlank"],
): Promise<string[]> {
  const { dataset, source, tasks } = data;
  const { split } = config.evaluation;
  const labels = await runLabels(config, data, log);
  const { method, options } = methodOf(config);
  if (method.selfSupervised && split === null) return [];
  const warnings = await checkLabels({
    dataset,
    where: source.path,
    tasks,
    // Parts are taken of images of any size.
    size: resizeOf(config) === "crop" ? undefined : data.size,
    given: (method.arrays?.(options, tasks) ?? []).filter(isGiven),
    training: [{ split: TRAIN_SPLIT, labels }, ...(await appendedPool(config, dataset))],
    evaluation: split === null ? null : { split, needed: (task) => isMeasured(config, task) },
    learnsUnlabelled: (method.learnsUnlabelled || method.selfSupervised) ?? false,
    onBlank,
  });
  const frames = method.frames?.(options);
  const ofClips = frames === undefined ? [] : await checkClips(dataset, TRAIN_SPLIT, frames);
  const ofBatches = method.selfSupervised ? [] : labellessWarning(config, data, labels);
  return [...warnings, ...ofClips, ...ofBatches];
}

/** Batches of which so many hold no label are worth a word. */
const LABELLESS = 0.02;

/**
 * What to say of batches that hold no label at all, and so teach no task: how many there will be, by the
 * labels.
 */
function labellessWarning(
  { batchSize, sampling, append }: RunConfig,
  { dataset, tasks }: RunData,
  labels: LabelAssignment,
): string[] {
  // Balanced batches hold labels; so do those to which images are appended, or of which those without labels
  // are taken out.
  if (sampling !== undefined || append !== undefined) return [];
  const ids = dataset.info.splits[TRAIN_SPLIT];
  const isBare = (id: string) => !tasks.some(({ name }) => labels[id]?.includes(name));
  const bare = ids.filter(isBare).length;
  const share = labellessShare(ids.length, bare, batchSize);
  if (share < LABELLESS) return [];
  const percent = `${Math.round(100 * share)} %`;
  return [
    `about ${percent} of the batches will hold no label: ${bare} of ${ids.length} training images have none. ` +
      "`sampling: {balance: tasks}` gives every batch some; `sampling: {images: labelled}` leaves out images without any.",
  ];
}

/**
 * @file Before the first step: does every task have labels to learn from and to be measured on? A look into
 * the files.
 */
import { UserError } from "../common/errors.js";
import type { OptionalField } from "../fields/sample.js";
import type { Task } from "../tasks/task.js";
import type { FileDataset } from "./file-dataset.js";
import { listed, lookInto, lookWarnings, spread } from "./label-look.js";
import { requireGiven } from "./loading/stack.js";
import { availableLabels } from "./strip.js";
import type { Dataset, LabelAssignment } from "./types.js";

/** Images of a split and the labels that training sees of them. */
export interface LabelPool {
  readonly split: string;
  readonly labels: LabelAssignment;
}

export interface LabelCheck {
  readonly dataset: Dataset & Partial<FileDataset>;
  /** Names the dataset in errors. */
  readonly where: string;
  readonly tasks: readonly Task[];
  /** [height, width] of the images that the network takes; sizes are not compared if left out. */
  readonly size?: readonly [number, number];
  /** Fields besides the image that training asks of every image, as `camera`. */
  readonly given?: readonly OptionalField[];
  readonly training: readonly LabelPool[];
  /** The split that is evaluated on, and for which tasks a measurement is needed; null for none. */
  readonly evaluation: { readonly split: string; needed(task: string): boolean } | null;
  /** Whether a task can be learnt although no image is labelled for it: by a teacher, a constraint. */
  readonly learnsUnlabelled: boolean;
  /** Told of labels without a valid pixel: the warnings name them or count them. */
  readonly onBlank?: (label: { split: string; id: string; task: string }) => void;
}

/** Ids of a pool with a label for a task. */
function labelledFor(task: string, { labels }: LabelPool): string[] {
  return Object.keys(labels).filter((id) => labels[id].includes(task));
}

/** Why files that people have may not have been found. */
function hints({ passedOver = [] }: Partial<FileDataset>): string | undefined {
  const messages = passedOver.slice(0, 3).map(({ message }) => message.replace(/\.$/, ""));
  return messages.length === 0 ? undefined : messages.join("; ");
}

function nothingToLearn(
  tasks: readonly string[],
  { dataset, where }: LabelCheck,
  inData: boolean,
): UserError {
  return new UserError({
    code: "data.task-without-labels",
    what: `no training image ${inData ? "keeps" : "has"} a label for ${listed(tasks)}`,
    where,
    got: hints(dataset),
    fix: inData
      ? "Check `labels`: its scenario, fractions, share of unlabelled images, or file."
      : `Add labels, or name the other tasks alone under \`tasks\`; \`taskloom data inspect\` lists what was found.`,
  });
}

function nothingToMeasure(
  tasks: readonly string[],
  split: string,
  { dataset, where }: LabelCheck,
): UserError {
  return new UserError({
    code: "data.task-not-measured",
    what: `no image of the evaluation split ${split} has a label for ${listed(tasks)}`,
    where,
    got: hints(dataset),
    fix: "Add labels, or evaluate on another split (`evaluation.split`), or choose checkpoints by a metric of another task (`checkpoint.best`, `earlyStopping.metric`).",
  });
}

/** Warnings of tasks without any label, or the error that they are. */
async function checkCounts(check: LabelCheck): Promise<string[]> {
  const { dataset, where, tasks, training, evaluation, learnsUnlabelled } = check;
  const warnings: string[] = [];
  const names = tasks.map(({ name }) => name);
  const bare = names.filter((task) => training.every((pool) => labelledFor(task, pool).length === 0));
  if (bare.length > 0) {
    const own = await Promise.all(training.map(({ split }) => availableLabels(dataset, split)));
    const inData = own.some((labels) =>
      [...labels.values()].some((kept) => bare.some((task) => kept.includes(task))),
    );
    if (!learnsUnlabelled) throw nothingToLearn(bare, check, inData);
    warnings.push(
      `${where}: no training image has a label for ${listed(bare)}: learnt from the method's other terms alone.`,
    );
  }
  if (evaluation === null) return warnings;
  const available = [...(await availableLabels(dataset, evaluation.split)).values()];
  const unmeasured = names.filter((task) => !available.some((kept) => kept.includes(task)));
  const needed = unmeasured.filter((task) => evaluation.needed(task));
  if (needed.length > 0) throw nothingToMeasure(needed, evaluation.split, check);
  if (unmeasured.length === 0) return warnings;
  return [
    ...warnings,
    `${where}: no image of split ${evaluation.split} has a label for ${listed(unmeasured)}: not measured while training.`,
  ];
}

/** Images that are decoded with their labels before anything is trained, spread over a split. */
const IMAGES = 16;

/**
 * Throws UserError for an image or a label that cannot be read or is not of the size that is trained at.
 */
async function checkImages(check: LabelCheck): Promise<void> {
  const { dataset, tasks, training, evaluation, size, given = [] } = check;
  const names = tasks.map(({ name }) => name);
  const pools = training.map(({ split, labels }) => ({ split, seen: (id: string) => labels[id] ?? [] }));
  if (evaluation !== null) pools.push({ split: evaluation.split, seen: () => names });
  for (const { split, seen } of pools) {
    for (const id of spread(dataset.info.splits[split]).slice(0, IMAGES)) {
      const labelled = names.filter((name) => seen(id).includes(name));
      const sample = await dataset.read(split, id, labelled);
      if (split !== evaluation?.split) for (const field of given) requireGiven(sample, field);
      if (size === undefined || (sample.height === size[0] && sample.width === size[1])) continue;
      throw new UserError({
        code: "data.mixed-sizes",
        what: "an image is not of the size of the others",
        where: `${split}: ${id}`,
        expected: `${size[1]}x${size[0]}`,
        got: `${sample.width}x${sample.height}`,
        fix: "Set `data.size: [height, width]` to resize all images.",
      });
    }
  }
}

async function checkPixels(check: LabelCheck): Promise<string[]> {
  const { where, tasks, training, evaluation } = check;
  const dataset = check.dataset as FileDataset;
  const warnings: string[] = [];
  for (const task of tasks) {
    const pools = training.map((pool) => ({
      split: pool.split,
      ids: labelledFor(task.name, pool),
      trains: true,
    }));
    if (evaluation !== null) {
      const available = await availableLabels(dataset, evaluation.split);
      const ids = [...available].filter(([, kept]) => kept.includes(task.name)).map(([id]) => id);
      pools.push({ split: evaluation.split, ids, trains: false });
    }
    for (const { split, ids, trains } of pools) {
      if (ids.length === 0) continue;
      const look = await lookInto(dataset, split, ids, task);
      if (trains && look.blank.length === ids.length) {
        throw new UserError({
          code: "data.no-valid-label",
          what: `no pixel of any ${task.name} label is valid in split ${split}`,
          where: look.blank[0],
          fix: "Check the task's entry in dataset.yaml against the files.",
        });
      }
      for (const id of look.blankIds) check.onBlank?.({ split, id, task: task.name });
      warnings.push(...lookWarnings(look, task, split, look.files === ids.length, where));
    }
  }
  return warnings;
}

/**
 * Checks every task against the labels that training and evaluation will see.
 * @returns warnings, one sentence each: files that were passed over, classes that never occur, labels without
 * a valid pixel.
 * @throws UserError `data.task-without-labels`, `data.task-not-measured`, `data.no-valid-label`,
 * `data.mixed-sizes`, or for a damaged file; of images and labels a few are read, spread over each split.
 */
export async function checkLabels(check: LabelCheck): Promise<string[]> {
  const passedOver = (check.dataset.passedOver ?? []).map(({ message }) => message);
  const counts = await checkCounts(check);
  await checkImages(check);
  const canLook = check.dataset.readLabel !== undefined;
  return [...passedOver, ...counts, ...(canLook ? await checkPixels(check) : [])];
}

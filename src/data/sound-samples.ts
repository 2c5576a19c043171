/** @file Samples some of whose files may be bad: what is sound is kept, what is not is named. */
import { UserError } from "../common/errors.js";
import type { Dataset, Sample, SkippedFile } from "./types.js";

export interface SoundSample {
  readonly sample: Sample;
  readonly skipped: readonly SkippedFile[];
}

/** A reading, or the user's error that it ended in. */
async function attempt(read: () => Promise<Sample>): Promise<Sample | UserError> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
}

/** Reads the image, and each label by itself. Throws UserError where the image cannot be read. */
async function readApart(
  dataset: Dataset,
  split: string,
  id: string,
  tasks: readonly string[],
): Promise<SoundSample> {
  const image = await dataset.read(split, id, []);
  const labels: Record<string, Sample["labels"][string]> = {};
  const skipped: SkippedFile[] = [];
  for (const task of tasks) {
    const labelled = await attempt(() => dataset.read(split, id, [task]));
    if (labelled instanceof UserError) skipped.push({ split, id, task, reason: labelled.message });
    else Object.assign(labels, labelled.labels);
  }
  return { sample: { ...image, labels }, skipped };
}

function blankReason(dataset: Dataset, split: string, id: string, task: string): string {
  const { fileOf } = dataset as { fileOf?: (split: string, id: string, task: string) => string | undefined };
  return `${fileOf?.(split, id, task) ?? `${split}/${id}`}: no pixel of the ${task} label is valid`;
}

/**
 * Reads a sample without the labels that are damaged, do not fit, or have no valid pixel: it counts as not
 * labelled for their tasks.
 * @throws UserError where the image cannot be read.
 */
export async function readSound(
  dataset: Dataset,
  split: string,
  id: string,
  tasks: readonly string[],
): Promise<SoundSample> {
  const whole = await attempt(() => dataset.read(split, id, tasks));
  const { sample, skipped } =
    whole instanceof UserError
      ? await readApart(dataset, split, id, tasks)
      : { sample: whole, skipped: [] as SkippedFile[] };
  // A list of nothing says that there is nothing.
  const isBlank = ({ height, valid }: Sample["labels"][string]) => height > 0 && !valid.includes(1);
  const blank = Object.keys(sample.labels).filter((task) => isBlank(sample.labels[task]));
  if (blank.length === 0) return { sample, skipped };
  const kept = Object.entries(sample.labels).filter(([task]) => !blank.includes(task));
  return {
    sample: { ...sample, labels: Object.fromEntries(kept) },
    skipped: [
      ...skipped,
      ...blank.map((task) => ({ split, id, task, reason: blankReason(dataset, split, id, task) })),
    ],
  };
}

/** Skipped files of a run or an evaluation: each named once. */
export class SkipLog {
  readonly #seen = new Map<string, SkippedFile>();

  /** Those of `skipped` that were not known. */
  add(skipped: readonly SkippedFile[]): SkippedFile[] {
    return skipped.filter((each) => {
      const key = JSON.stringify([each.split, each.id, each.task]);
      if (this.#seen.has(key)) return false;
      this.#seen.set(key, each);
      return true;
    });
  }

  get all(): readonly SkippedFile[] {
    return [...this.#seen.values()];
  }
}

/** @file One pass through the samples of a dataset: what is counted, summed and noted on the way. */
import { UserError } from "../../common/errors.js";
import type { FileDataset } from "../file-dataset.js";
import type { Dataset, Sample } from "../types.js";
import type { FileProblem, PlacedProblem } from "./causes.js";
import { type HashedImage, imageHash } from "./image-hash.js";
import { TaskSums } from "./task-sums.js";

/** Called with every image that could be read, and what is wrong with it and its labels. */
export type OnSample = (split: string, sample: Sample, problems: readonly FileProblem[]) => Promise<void>;

/** How many files of a task are looked at for how they store their values. */
const STORED_LOOKS = 8;

function problemOf(error: unknown, split: string, part: string, fallback: string): PlacedProblem {
  if (!(error instanceof UserError)) throw error;
  const { where = fallback, code } = error.facts;
  return { file: where, code, message: error.message, split, part };
}

/** Reads whatever of a sample can be read; the rest goes to `problems`. */
async function readWhatWorks(
  dataset: Dataset,
  split: string,
  id: string,
  tasks: readonly string[],
  problems: PlacedProblem[],
): Promise<Sample | undefined> {
  try {
    return await dataset.read(split, id, tasks);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
  try {
    let sample = await dataset.read(split, id, []);
    for (const task of tasks) {
      try {
        const { labels } = await dataset.read(split, id, [task]);
        sample = { ...sample, labels: { ...sample.labels, ...labels } };
      } catch (error) {
        problems.push(problemOf(error, split, task, `${split}/${id}`));
      }
    }
    return sample;
  } catch (error) {
    problems.push(problemOf(error, split, "image", `${split}/${id}`));
    return undefined;
  }
}

/** What `inspectDataset` gathers on its way through the samples. */
export class Gathered {
  readonly sums: ReadonlyMap<string, TaskSums>;
  readonly labelled: ReadonlyMap<string, Record<string, number>>;
  readonly sizes: Record<string, number> = {};
  readonly unlabelled: Record<string, number> = {};
  readonly bad: PlacedProblem[] = [];
  readonly blank: PlacedProblem[] = [];
  readonly hashes: HashedImage[] = [];
  cameras = 0;
  readonly #looks = new Map<string, number>();

  constructor(readonly dataset: Dataset & Partial<FileDataset>) {
    const { tasks, splits } = dataset.info;
    const zeros = () => Object.fromEntries(Object.keys(splits).map((split) => [split, 0]));
    this.sums = new Map(
      Object.entries(tasks).map(([task, spec]) => [task, new TaskSums(spec, Object.keys(splits))]),
    );
    this.labelled = new Map(Object.keys(tasks).map((task) => [task, zeros()]));
    this.unlabelled = zeros();
  }

  async sample(split: string, id: string, onSample: OnSample | undefined): Promise<void> {
    const labelled = await this.dataset.labelledTasks(split, id);
    // What is derived from the rest is no file to look into.
    const own = labelled.filter((task) => this.labelled.has(task));
    if (own.length === 0) this.unlabelled[split]++;
    for (const task of own) this.labelled.get(task)![split]++;
    const [bad, blank]: [PlacedProblem[], PlacedProblem[]] = [[], []];
    const sample = await readWhatWorks(this.dataset, split, id, own, bad);
    if (sample !== undefined) {
      this.#image(split, sample);
      for (const [task, label] of Object.entries(sample.labels)) {
        await this.#stored(split, id, task);
        // A list of nothing says that there is nothing.
        if (this.sums.get(task)!.add(split, label) || label.height === 0) continue;
        const file = this.dataset.fileOf?.(split, id, task) ?? `${split}/${id}: ${task}`;
        const message = `${file}: no pixel of the label is valid.`;
        blank.push({ file, code: "label.no-valid-pixel", message, split, part: task });
      }
      await onSample?.(split, sample, [...bad, ...blank]);
    }
    this.bad.push(...bad);
    this.blank.push(...blank);
  }

  #image(split: string, { id, width, height, image, camera }: Sample): void {
    const size = `${width}x${height}`;
    this.sizes[size] = (this.sizes[size] ?? 0) + 1;
    if (camera !== undefined) this.cameras++;
    const hash = imageHash(image, width, height);
    if (hash !== undefined) this.hashes.push({ split, id, hash });
  }

  async #stored(split: string, id: string, task: string): Promise<void> {
    const looks = this.#looks.get(task) ?? 0;
    if (looks >= STORED_LOOKS) return;
    this.#looks.set(task, looks + 1);
    const bits = await this.dataset.storedBits?.(split, id, task);
    if (bits !== undefined) this.sums.get(task)!.noteStored(bits);
  }
}

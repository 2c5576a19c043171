/** @file What is in a dataset, and what is wrong with it: every file is read once. */
import { UserError } from "../common/errors.js";
import type { LabelMap, TaskSpec } from "../tasks/task.js";
import type { FileDataset } from "./file-dataset.js";
import { openDataset } from "./formats/index.js";
import type { Dataset, DatasetSource, Sample } from "./types.js";

/** A file that cannot be used, or (as a warning) teaches nothing. */
export interface FileProblem {
  /** The file as errors name it. */
  readonly file: string;
  readonly code: string;
  /** One sentence with what was expected and found. */
  readonly message: string;
}

export interface TaskReport {
  readonly kind: string;
  /** Samples with a label file, by split. */
  readonly labelled: Record<string, number>;
  /** `labelled` as a share of the split's images, 0 to 1. */
  readonly coverage: Record<string, number>;
  /** Label files that could be read. */
  readonly read: number;
  /** Share of valid pixels in them, 0 to 1; null where none was read. */
  readonly validShare: number | null;
  /** Least, greatest and mean valid value of each channel; null without a valid pixel. */
  readonly values: { min: number; max: number; mean: number }[] | null;
  /** For tasks with classes: valid pixels of each. */
  readonly classes?: { name: string; pixels: number }[];
}

/** Plain data, as `data inspect --json` prints it. */
export interface DatasetReport {
  readonly name: string;
  readonly path: string;
  readonly format: string;
  /** Images by split. */
  readonly splits: Record<string, number>;
  /** Images by `widthxheight`. */
  readonly sizes: Record<string, number>;
  /** Images whose camera is known. */
  readonly cameras: number;
  readonly tasks: Record<string, TaskReport>;
  /** Images without any label file, by split. */
  readonly unlabelled: Record<string, number>;
  readonly badFiles: FileProblem[];
  readonly warnings: FileProblem[];
}

/** Sums over the valid pixels of one task. */
class TaskSums {
  read = 0;
  #pixels = 0;
  #valid = 0;
  #channels: { min: number; max: number; sum: number }[] = [];
  readonly #histogram: Float64Array | undefined;
  readonly #names: readonly string[] | undefined;

  constructor(spec: TaskSpec) {
    const { classes } = spec as { classes?: readonly string[] };
    if (!Array.isArray(classes)) return;
    this.#names = classes;
    this.#histogram = new Float64Array(classes.length);
  }

  /** Returns whether the label has a valid pixel. */
  add(label: LabelMap): boolean {
    const before = this.#valid;
    const count = label.valid.length;
    this.read++;
    this.#pixels += count;
    for (let c = 0; c < label.channels; c++) {
      this.#channels[c] ??= { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0 };
      const channel = this.#channels[c];
      for (let i = 0; i < count; i++) {
        if (label.valid[i] !== 1) continue;
        const value = label.data[c * count + i];
        if (value < channel.min) channel.min = value;
        if (value > channel.max) channel.max = value;
        channel.sum += value;
        if (c > 0) continue;
        this.#valid++;
        if (this.#histogram !== undefined) this.#histogram[value]++;
      }
    }
    return this.#valid > before;
  }

  report(): Pick<TaskReport, "read" | "validShare" | "values" | "classes"> {
    const values = this.#channels.map(({ min, max, sum }) => ({ min, max, mean: sum / this.#valid }));
    return {
      read: this.read,
      validShare: this.#pixels === 0 ? null : this.#valid / this.#pixels,
      values: this.#valid === 0 ? null : values,
      ...(this.#names && {
        classes: this.#names.map((name, index) => ({ name, pixels: this.#histogram![index] })),
      }),
    };
  }
}

/** Adds what went wrong; lets through what is no user error. */
function note(problems: FileProblem[], error: unknown, fallback: string): void {
  if (!(error instanceof UserError)) throw error;
  problems.push({
    file: error.facts.where ?? fallback,
    code: error.facts.code,
    message: error.message,
  });
}

/** Reads whatever of a sample can be read; the rest goes to `problems`. */
async function readWhatWorks(
  dataset: Dataset,
  split: string,
  id: string,
  tasks: readonly string[],
  problems: FileProblem[],
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
        note(problems, error, `${split}/${id}`);
      }
    }
    return sample;
  } catch (error) {
    note(problems, error, `${split}/${id}`);
    return undefined;
  }
}

/** What lies in the folder and is not read. */
function passedOverProblems({ passedOver = [] }: Partial<FileDataset>): FileProblem[] {
  return passedOver.map(({ code, first, message }) => ({ file: first, code, message }));
}

export interface InspectOptions {
  /** Called after every image. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Reads every file of a dataset once. Damaged files are listed, not thrown. Throws UserError only where the
 * dataset cannot be opened at all.
 */
export async function inspectDataset(
  source: DatasetSource,
  options: InspectOptions = {},
): Promise<DatasetReport> {
  const dataset = await openDataset(source);
  const { info } = dataset;
  const names = Object.keys(info.tasks);
  const sums = new Map(names.map((task) => [task, new TaskSums(info.tasks[task])]));
  const labelled = new Map(names.map((task) => [task, {} as Record<string, number>]));
  const sizes: Record<string, number> = {};
  const unlabelled: Record<string, number> = {};
  const badFiles: FileProblem[] = [];
  const warnings = passedOverProblems(dataset);
  const total = Object.values(info.splits).reduce((sum, ids) => sum + ids.length, 0);
  let [cameras, done] = [0, 0];
  for (const [split, ids] of Object.entries(info.splits)) {
    unlabelled[split] = 0;
    for (const task of names) labelled.get(task)![split] = 0;
    for (const id of ids) {
      const own = await dataset.labelledTasks(split, id);
      if (own.length === 0) unlabelled[split]++;
      for (const task of own) labelled.get(task)![split]++;
      const sample = await readWhatWorks(dataset, split, id, own, badFiles);
      options.onProgress?.(++done, total);
      if (sample === undefined) continue;
      const size = `${sample.width}x${sample.height}`;
      sizes[size] = (sizes[size] ?? 0) + 1;
      if (sample.camera !== undefined) cameras++;
      for (const [task, label] of Object.entries(sample.labels)) {
        if (sums.get(task)!.add(label)) continue;
        const file = (dataset as Partial<FileDataset>).fileOf?.(split, id, task) ?? `${split}/${id}: ${task}`;
        const message = `${file}: no pixel of the label is valid.`;
        warnings.push({ file, code: "label.no-valid-pixel", message });
      }
    }
  }
  const tasks = names.map((task): [string, TaskReport] => {
    const counts = labelled.get(task)!;
    const shares = Object.entries(counts).map(([split, count]) => [split, count / info.splits[split].length]);
    const { kind } = info.tasks[task];
    return [
      task,
      { kind, labelled: counts, coverage: Object.fromEntries(shares), ...sums.get(task)!.report() },
    ];
  });
  return {
    name: info.name,
    path: source.path,
    format: source.format,
    splits: Object.fromEntries(Object.entries(info.splits).map(([split, ids]) => [split, ids.length])),
    sizes,
    cameras,
    tasks: Object.fromEntries(tasks),
    unlabelled,
    badFiles,
    warnings,
  };
}

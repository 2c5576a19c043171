/** @file Sums over the labels of one task. */
import type { LabelSummary } from "../../tasks/contract/files.js";
import { taskKind } from "../../tasks/index.js";
import type { LabelMap, TaskSpec } from "../../tasks/task.js";
import { classesOf } from "../label-look.js";

export interface LabelNumbers {
  /** Label files that could be read. */
  readonly read: number;
  /** Share of valid pixels in them, 0 to 1; null where none was read, and of lists. */
  readonly validShare: number | null;
  /** Least, greatest and mean valid value of each channel; null without a valid pixel, and of lists. */
  readonly values: { min: number; max: number; mean: number }[] | null;
  /** For tasks with classes: valid pixels of each. */
  readonly classes?: { name: string; pixels: number }[];
  /** The same by split, in the order of the classes. */
  readonly classesBySplit?: Record<string, number[]>;
}

/** Sums over the valid pixels of one task. */
export class TaskSums {
  #read = 0;
  #pixels = 0;
  #valid = 0;
  #channels: { min: number; max: number; sum: number }[] = [];
  readonly #names: readonly string[];
  /** Whether labels are no maps: their numbers are no pixels, and each means something else. */
  readonly #lists: boolean;
  readonly #classes = new Map<string, Float64Array>();
  readonly #storedBits = new Set<number>();

  constructor(spec: TaskSpec, splits: readonly string[]) {
    this.#names = classesOf({ spec });
    this.#lists = taskKind(spec.kind).files.field !== undefined;
    for (const split of splits) this.#classes.set(split, new Float64Array(this.#names.length));
  }

  /** Returns whether the label has a valid pixel. */
  add(split: string, label: LabelMap): boolean {
    const before = this.#valid;
    const count = label.valid.length;
    const histogram = this.#names.length > 0 ? this.#classes.get(split) : undefined;
    this.#read++;
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
        if (histogram !== undefined) histogram[value]++;
      }
    }
    return this.#valid > before;
  }

  /** Notes how a file stores its values: bits of integers, 0 for floats. */
  noteStored(bits: number): void {
    this.#storedBits.add(bits);
  }

  #values() {
    if (this.#valid === 0) return [];
    return this.#channels.map(({ min, max, sum }) => ({ min, max, mean: sum / this.#valid }));
  }

  #totals(): number[] {
    return this.#names.map((_, index) =>
      [...this.#classes.values()].reduce((sum, histogram) => sum + histogram[index], 0),
    );
  }

  /** Names of classes that occur in no label of a split which has labels of others. */
  absent(split: string): string[] {
    const histogram = this.#classes.get(split)!;
    return histogram.every((pixels) => pixels === 0)
      ? []
      : this.#names.filter((_, index) => histogram[index] === 0);
  }

  summary(): LabelSummary {
    return {
      files: this.#read,
      storedBits: [...this.#storedBits].sort((a, b) => a - b),
      validShare: this.#pixels === 0 ? 0 : this.#valid / this.#pixels,
      values: this.#values(),
      classes: this.#totals(),
    };
  }

  report(): LabelNumbers {
    const totals = this.#totals();
    return {
      read: this.#read,
      validShare: this.#lists || this.#pixels === 0 ? null : this.#valid / this.#pixels,
      values: this.#lists || this.#valid === 0 ? null : this.#values(),
      ...(this.#names.length > 0 && {
        classes: this.#names.map((name, index) => ({ name, pixels: totals[index] })),
        classesBySplit: Object.fromEntries([...this.#classes].map(([split, pixels]) => [split, [...pixels]])),
      }),
    };
  }
}

/** @file A look into label files: which classes occur, and whether any pixel is valid. */
import type { Task } from "../tasks/task.js";
import type { FileDataset } from "./file-dataset.js";

/** Label files are looked into until this many pixels were seen of a task and a split... */
const PIXELS = 2 ** 26;
/** ... or this many files, where there are no classes to be found. */
const FILES = 16;

export const listed = (names: readonly string[]): string => names.join(" and ");

/** What a look into label files found. */
export interface Look {
  readonly files: number;
  /** Files without a valid pixel. */
  readonly blank: readonly string[];
  readonly blankIds: readonly string[];
  /** Pixels of each class. */
  readonly classes: Float64Array;
}

/** Looks into files spread evenly over `ids`. Throws UserError for one that cannot be read. */
export async function lookInto(
  dataset: FileDataset,
  split: string,
  ids: readonly string[],
  task: Task,
): Promise<Look> {
  const count = classesOf(task).length;
  const classes = new Float64Array(count);
  const blankIds: string[] = [];
  let [files, pixels] = [0, 0];
  for (const id of spread(ids)) {
    if (count === 0 ? files >= FILES : pixels >= PIXELS) break;
    const { valid, data } = await dataset.readLabel(split, id, task.name);
    files++;
    pixels += valid.length;
    if (!valid.includes(1)) blankIds.push(id);
    if (count === 0) continue;
    for (let i = 0; i < valid.length; i++) if (valid[i] === 1) classes[data[i]]++;
  }
  const blank = blankIds.map((id) => dataset.fileOf(split, id, task.name)!);
  return { files, blank, blankIds, classes };
}

/**
 * The same names in an order of which every beginning is spread evenly: 0, 1/2, 1/4, 3/4, 1/8, ... of the
 * way.
 */
export function spread<T>(items: readonly T[]): T[] {
  const order: T[] = [];
  const taken = new Set<number>();
  for (let parts = 1; order.length < items.length; parts *= 2) {
    for (let i = 0; i < parts; i++) {
      const at = Math.floor((i * items.length) / parts);
      if (!taken.has(at)) order.push(items[at]);
      taken.add(at);
    }
  }
  return order;
}

/** Class names of a task; none where it has no classes. */
export function classesOf({ spec }: Pick<Task, "spec">): readonly string[] {
  const { classes } = spec as { classes?: unknown };
  return Array.isArray(classes) ? (classes as string[]) : [];
}

export function lookWarnings(look: Look, task: Task, split: string, whole: boolean, where: string): string[] {
  const warnings: string[] = [];
  const { files, blank, classes } = look;
  if (blank.length > 0) {
    warnings.push(
      `${blank[0]}: no pixel of the label is valid${blank.length > 1 ? `, nor of ${blank.length - 1} more ${task.name} labels` : ""}.`,
    );
  }
  const absent = classesOf(task).filter((_, index) => classes[index] === 0);
  if (absent.length > 0) {
    const seen = whole ? "any" : `the ${files} that were looked at of the`;
    warnings.push(
      `${where}: ${listed(absent)} in no pixel of ${seen} ${task.name} label${whole ? "" : "s"} of split ${split}.`,
    );
  }
  return warnings;
}

/** @file From a folder of photos, with or without labels, to a dataset folder. */
import { basename, resolve } from "node:path";
import type { TaskSpec } from "../../tasks/task.js";
import { assignSplits, type SplitShares } from "./assign-splits.js";
import { guessDepth } from "./guess-depth.js";
import { guessMasks } from "./guess-masks.js";
import { groupPhotos } from "./image-groups.js";
import { linkDataset } from "./link-dataset.js";
import { findPhotos, type NamedFile, type PairedFiles, pairLabels } from "./photos.js";
import { counted, countRemarks } from "./remarks.js";

/** Training, validation and test unless said otherwise. */
export const USUAL_SHARES: SplitShares = { train: 0.8, val: 0.1, test: 0.1 };

export interface StartOptions {
  readonly photos: string;
  readonly masks?: string;
  readonly depth?: string;
  readonly out: string;
  readonly shares?: SplitShares;
  readonly seed?: number;
  /** Further files of the folder by name, e.g. a configuration, once it is known what there is. */
  readonly files?: (found: StartedDataset) => Readonly<Record<string, string>>;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/** What was found, and what was made of it. */
export interface StartedDataset {
  readonly tasks: Readonly<Record<string, TaskSpec>>;
  /** Images by split. */
  readonly splits: Readonly<Record<string, number>>;
  /** Images with a label, by task. */
  readonly labelled: Readonly<Record<string, number>>;
  /** Images of the training split with a label, by task. */
  readonly trained: Readonly<Record<string, number>>;
  /** Images by `widthxheight`. */
  readonly sizes: Readonly<Record<string, number>>;
  /** What the guesses rest on, and what is left out: sentences. */
  readonly remarks: readonly string[];
}

interface FoundTask {
  readonly spec: TaskSpec;
  readonly pairs: PairedFiles;
  readonly remarks: readonly string[];
}

/** The tasks that there are labels of, by name. */
async function findTasks(
  { masks, depth }: StartOptions,
  photos: readonly NamedFile[],
): Promise<Record<string, FoundTask>> {
  const found: Record<string, FoundTask> = {};
  const look = async (task: string, folder: string | undefined, guess: typeof guessMasks) => {
    if (folder === undefined) return;
    const pairs = await pairLabels(photos, folder);
    const { spec, reasons } = await guess(folder, [...pairs.files.values()]);
    const left = pairs.unpaired.length;
    const lost = `${counted(left, "label file")} of ${folder} ${left === 1 ? "belongs" : "belong"} to no photo, e.g. ${pairs.unpaired[0]}`;
    found[task] = { spec, pairs, remarks: [...reasons, ...(left === 0 ? [] : [lost])] };
  };
  await look("segmentation", masks, guessMasks);
  await look("depth", depth, guessDepth);
  return found;
}

/**
 * Looks at photos and labels, guesses what they mean, splits them and writes a dataset folder.
 * Near-duplicates and neighbouring frames of videos lie in one split. Throws UserError where there are no
 * photos, no label belongs to one, labels are none, or `out` holds anything.
 */
export async function startDataset(options: StartOptions): Promise<StartedDataset> {
  const { photos: folder, out, shares = USUAL_SHARES, seed, onProgress } = options;
  const photos = outside(await findPhotos(folder), [options.masks, options.depth, out]);
  const found = await findTasks(options, photos);
  const grouped = await groupPhotos(photos, (done, total) => onProgress?.("looked at", done, total));
  const labelsOf = (id: string) => Object.keys(found).filter((task) => found[task].pairs.files.has(id));
  const splits = assignSplits(grouped.groups, labelsOf, shares, seed);
  const remarks = [...Object.values(found).flatMap((task) => task.remarks), ...countRemarks(grouped)];
  const tasks = Object.fromEntries(Object.entries(found).map(([task, { spec }]) => [task, spec]));
  const labelled = (ids: readonly string[]) =>
    Object.fromEntries(
      Object.keys(found).map((task) => [task, ids.filter((id) => labelsOf(id).includes(task)).length]),
    );
  const counts = Object.entries(splits).map(([split, ids]) => [split, ids.length] as const);
  const started: StartedDataset = {
    tasks,
    splits: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    labelled: labelled(Object.values(splits).flat()),
    trained: labelled(splits.train),
    sizes: grouped.sizes,
    remarks,
  };
  const byId = new Map(photos.map(({ id, file }) => [id, file]));
  const name = basename(resolve(folder));
  const sample = (id: string) => ({
    image: byId.get(id)!,
    labels: Object.fromEntries(labelsOf(id).map((task) => [task, found[task].pairs.files.get(id)!])),
  });
  const files = options.files?.(started);
  await linkDataset(out, { name, tasks, splits, sample, files }, (done, total) =>
    onProgress?.("written", done, total),
  );
  return started;
}

/** Photos that lie in none of these folders, which may be inside that of the photos. */
function outside<T extends { readonly file: string }>(
  photos: readonly T[],
  folders: readonly (string | undefined)[],
): T[] {
  const roots = folders.filter((each) => each !== undefined).map((each) => `${resolve(each)}/`);
  return photos.filter(({ file }) => !roots.some((root) => resolve(file).startsWith(root)));
}

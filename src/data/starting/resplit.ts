/** @file A dataset folder with its images shared out anew. */
import { UserError } from "../../common/errors.js";
import { openFolder } from "../folder.js";
import { findFolderFiles } from "../folder-files.js";
import { assignSplits, type SplitShares } from "./assign-splits.js";
import { groupPhotos } from "./image-groups.js";
import { linkDataset, type SourceSample } from "./link-dataset.js";
import { countRemarks } from "./remarks.js";
import { USUAL_SHARES } from "./start.js";

export interface ResplitOptions {
  readonly path: string;
  readonly out: string;
  readonly shares?: SplitShares;
  readonly seed?: number;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

export interface ResplitResult {
  /** Images by split. */
  readonly splits: Readonly<Record<string, number>>;
  /** What is left out or kept together: sentences. */
  readonly remarks: readonly string[];
}

/** Images of all splits with their labels, by id. Throws UserError where two splits have one id. */
async function allSamples(path: string, description: Parameters<typeof findFolderFiles>[1]) {
  const { images, labels } = await findFolderFiles(path, description);
  const samples = new Map<string, SourceSample>();
  for (const [split, files] of Object.entries(images)) {
    for (const [id, image] of files) {
      if (samples.has(id)) {
        throw new UserError({
          code: "data.ambiguous-file",
          what: "two splits have an image of this name",
          where: image,
          got: samples.get(id)!.image,
          fix: "Rename one of the two, with its labels.",
        });
      }
      const own = Object.entries(labels[split]).flatMap(([task, all]) => {
        const file = all.get(id);
        return file === undefined ? [] : [[task, file] as const];
      });
      samples.set(id, { image, labels: Object.fromEntries(own) });
    }
  }
  return samples;
}

/**
 * Writes a dataset folder with the images of all splits of another one, shared out anew as `startDataset`
 * does. Throws UserError where the dataset cannot be read, two splits have one id, or `out` holds anything.
 */
export async function resplitDataset(options: ResplitOptions): Promise<ResplitResult> {
  const { path, out, shares = USUAL_SHARES, seed, onProgress } = options;
  const { description } = await openFolder(path);
  const samples = await allSamples(path, description);
  const photos = [...samples].map(([id, { image }]) => ({ id, file: image }));
  const found = await groupPhotos(photos, (done, total) => onProgress?.("looked at", done, total));
  const splits = assignSplits(found.groups, (id) => Object.keys(samples.get(id)!.labels), shares, seed);
  const { name, tasks, orientation, camera, sequences } = description;
  const dataset = { name, tasks, orientation, camera, splits, sample: (id: string) => samples.get(id)! };
  await linkDataset(out, dataset, (done, total) => onProgress?.("written", done, total));
  const counts = Object.entries(splits).map(([split, ids]) => [split, ids.length] as const);
  return {
    splits: Object.fromEntries(counts.filter(([, count]) => count > 0)),
    remarks: [
      ...countRemarks(found),
      ...(sequences === undefined ? [] : ["sequences and poses are not kept: they belong to the old splits"]),
      ...(description.extras ?? []).map((extra) => `${extra} is not kept: no task reads it`),
    ],
  };
}

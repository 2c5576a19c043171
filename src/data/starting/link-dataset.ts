/** @file A dataset folder made of files that lie elsewhere: linked where the disk allows it, else copied. */
import { copyFile, link } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { makeFolder } from "../../disk/files.js";
import { fillFolder, writeFileIn } from "../../disk/filled-folder.js";
import type { TaskSpec } from "../../tasks/task.js";
import { DEFAULT_LAYOUT } from "../dataset-yaml.js";
import { type DatasetDescription, writeDatasetYaml } from "../folder.js";
import { layoutPath } from "../folder-files.js";
import type { AssignedSplits } from "./assign-splits.js";

/** One image with its labels: files, or the bytes of one that is made, with its extension. */
export interface SourceSample {
  readonly image: string;
  readonly labels: Readonly<Record<string, LabelSource>>;
}

export type LabelSource = string | { readonly extension: string; readonly bytes: Uint8Array };

export interface LinkedDataset {
  readonly name: string;
  readonly tasks: Readonly<Record<string, TaskSpec>>;
  readonly orientation?: DatasetDescription["orientation"];
  readonly camera?: DatasetDescription["camera"];
  readonly splits: AssignedSplits;
  /** By id; labels that take work are made when their turn comes. */
  sample(id: string): SourceSample | Promise<SourceSample>;
  /** Further files by name, e.g. a configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A second name for a file where it can have one: the photos take no room twice. */
async function linkFile(from: string, to: string): Promise<void> {
  await makeFolder(dirname(to));
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

/**
 * Writes a dataset folder, which is whole or not there. Its images and label files are those of the source
 * under a second name (hard links), or copies where the folder lies on another disk. Throws UserError where
 * `out` holds anything, or it cannot be written.
 */
export async function linkDataset(
  out: string,
  dataset: LinkedDataset,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const splits = Object.entries(dataset.splits).filter(([, ids]) => ids.length > 0);
  const description: DatasetDescription = {
    name: dataset.name,
    layout: DEFAULT_LAYOUT,
    splits: splits.map(([split]) => split),
    tasks: dataset.tasks,
    ...(dataset.orientation && { orientation: dataset.orientation }),
    ...(dataset.camera && { camera: dataset.camera }),
  };
  const total = splits.reduce((sum, [, ids]) => sum + ids.length, 0);
  await fillFolder(out, { linked: description }, async () => {
    let done = 0;
    for (const [split, ids] of splits) {
      for (const id of ids) {
        const { image, labels } = await dataset.sample(id);
        const path = (task: string) => join(out, layoutPath(DEFAULT_LAYOUT, { split, task, id }));
        await linkFile(image, path("image") + extname(image).toLowerCase());
        for (const [task, label] of Object.entries(labels)) {
          if (typeof label === "string") await linkFile(label, path(task) + extname(label).toLowerCase());
          else await writeFileIn(`${path(task)}.${label.extension}`, label.bytes);
        }
        onProgress?.(++done, total);
      }
    }
    for (const [name, text] of Object.entries(dataset.files ?? {})) await writeFileIn(join(out, name), text);
    await writeDatasetYaml(out, description);
  });
}

/**
 * @file The project's own dataset folder: dataset.yaml beside files named by a layout. A label file that is
 * not there means: not labelled for that task.
 */
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import { writeFileIn } from "../disk/filled-folder.js";
import { taskKind } from "../tasks/index.js";
import { type DatasetDescription, formatDatasetYaml } from "./dataset-yaml.js";
import { type FileDataset, fileDataset, labelFile, type SampleFiles } from "./file-dataset.js";
import { readText } from "./files/bytes.js";
import { encodeImage, encodeRaster, readImage } from "./files/raster.js";
import { readDescription, YAML_NAME } from "./folder-description.js";
import { findFolderFiles, layoutPath } from "./folder-files.js";
import { IMAGE_EXTENSIONS } from "./listing.js";
import type { PassedOver } from "./passed-over.js";
import { parseSequences, posesOf, type Sequences } from "./sequences.js";
import { openFolderSweeps } from "./sweeps/folder-sweeps.js";
import type { DatasetFormat, Sample } from "./types.js";

export type { DatasetDescription } from "./dataset-yaml.js";
export type { Sequences } from "./sequences.js";

/** A dataset folder, with what only a folder of ours says. */
export interface FolderDataset extends FileDataset {
  readonly description: DatasetDescription;
}

/** Opens a dataset folder. Throws UserError naming the file and line, or the missing folder. */
export async function openFolder(root: string): Promise<FolderDataset> {
  const description = await readDescription(root);
  const { layout, camera, orientation } = description;
  const { images, labels, passedOver } = await findFolderFiles(root, description);
  const ids = Object.fromEntries(Object.entries(images).map(([split, all]) => [split, [...all.keys()]]));
  const sequences = await readSequences(root, description, ids);
  const files: Record<string, Map<string, SampleFiles>> = {};
  for (const split of description.splits) {
    if (images[split].size === 0) throw emptySplit(split, root, layout, passedOver);
    const own = (id: string) =>
      Object.entries(description.tasks).flatMap(([task, spec]) => {
        const file = labels[split][task].get(id);
        const names = [task.toLowerCase(), ...(taskKind(spec.kind).files.layers ?? [])];
        return file === undefined
          ? []
          : [[task, labelFile(file, spec, undefined, { orientation, names })] as const];
      });
    const poses = posesOf(sequences, split);
    files[split] = new Map(
      [...images[split]].map(([id, file]) => {
        const image = { file, read: () => readImage(file, { orientation }) };
        return [id, { image, labels: Object.fromEntries(own(id)), camera, pose: poses.get(id) }];
      }),
    );
  }
  const dataset = fileDataset(description, files, root);
  const { name, tasks } = description;
  const info = { name, tasks, splits: dataset.info.splits, ...(sequences && { sequences }) };
  return { ...dataset, info, description, passedOver };
}

function emptySplit(
  split: string,
  root: string,
  layout: string,
  passedOver: readonly PassedOver[],
): UserError {
  return new UserError({
    code: "data.empty-split",
    what: `split ${split} has no images`,
    where: join(root, layoutPath(layout, { split, task: "image" })),
    expected: IMAGE_EXTENSIONS.join(", "),
    got:
      passedOver.length === 0
        ? undefined
        : passedOver.map(({ message }) => message.replace(/\.$/, "")).join("; "),
    fix: `Add them, or take ${split} out of \`splits\`, or correct \`layout\` in ${YAML_NAME}.`,
  });
}

async function readSequences(
  root: string,
  description: DatasetDescription,
  splits: Readonly<Record<string, readonly string[]>>,
): Promise<Sequences | undefined> {
  if (description.sequences === undefined) return undefined;
  const file = join(root, description.sequences);
  return parseSequences(await readText(file), splits, file);
}

/** The `folder` format. */
export const folder: DatasetFormat = { name: "folder", open: openFolder, openSweeps: openFolderSweeps };

/** Writes dataset.yaml (and the folder). */
export async function writeDatasetYaml(root: string, description: DatasetDescription): Promise<void> {
  await writeFileIn(join(root, YAML_NAME), formatDatasetYaml(description));
}

/** Writes sequences.json under the name that the description gives it. */
export async function writeSequences(
  root: string,
  description: DatasetDescription,
  sequences: Sequences,
): Promise<void> {
  await writeFileIn(
    join(root, description.sequences ?? "sequences.json"),
    `${JSON.stringify(sequences, null, 1)}\n`,
  );
}

/** Writes a file of a sample that no task reads, under one of the description's `extras`. */
export async function writeExtra(
  root: string,
  { layout }: DatasetDescription,
  split: string,
  name: string,
  id: string,
  { extension, bytes }: { readonly extension: string; readonly bytes: Uint8Array },
): Promise<void> {
  await writeFileIn(join(root, `${layoutPath(layout, { split, task: name, id })}.${extension}`), bytes);
}

/**
 * Writes a sample's image (PNG) and every label it has (PNG, or .npy where the task stores floats) by the
 * layout.
 */
export async function writeSample(
  root: string,
  description: DatasetDescription,
  split: string,
  sample: Sample,
): Promise<void> {
  const write = async (task: string, extension: string, bytes: Uint8Array) => {
    const path = layoutPath(description.layout, { split, task, id: sample.id });
    await writeFileIn(join(root, `${path}.${extension}`), bytes);
  };
  const { width, height } = sample;
  await write("image", "png", encodeImage({ width, height, data: sample.image }));
  for (const [task, label] of Object.entries(sample.labels)) {
    const spec = description.tasks[task];
    const { extension, bytes } = encodeRaster(taskKind(spec.kind).files.encode(label, spec));
    await write(task, extension, bytes);
  }
}

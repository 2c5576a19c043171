/**
 * @file The project's own dataset folder: dataset.yaml beside files named by a layout. A label file that is
 * not there means: not labelled for that task.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "../common/errors.js";
import { taskKind } from "../tasks/index.js";
import { type DatasetDescription, formatDatasetYaml, parseDatasetYaml } from "./dataset-yaml.js";
import { type FileDataset, fileDataset, labelFile, type SampleFiles } from "./file-dataset.js";
import { encodeImage, encodeRaster, readBytes } from "./files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, LABEL_EXTENSIONS, listFolder, requireFolder } from "./listing.js";
import { parseSequences, type Sequences } from "./sequences.js";
import type { DatasetFormat, Sample } from "./types.js";

export type { DatasetDescription } from "./dataset-yaml.js";
export type { Sequences } from "./sequences.js";

const YAML_NAME = "dataset.yaml";

/** A dataset folder, with what only a folder of ours says. */
export interface FolderDataset extends FileDataset {
  readonly description: DatasetDescription;
}

/** The layout with the fields that are given filled in. */
function layoutPath(layout: string, fields: { split: string; task: string; id?: string }): string {
  return layout.replace(
    /\{(split|task|id)\}/g,
    (whole, field: keyof typeof fields) => fields[field] ?? whole,
  );
}

/** Files of one task (or `image`) in one split, by sample id. */
async function listIds(
  root: string,
  layout: string,
  split: string,
  task: string,
  extensions: readonly string[],
): Promise<Map<string, string>> {
  const parts = layoutPath(layout, { split, task }).split("/");
  const at = parts.findIndex((part) => part.includes("{id}"));
  const base = join(root, ...parts.slice(0, at));
  const [before, after] = parts[at].split("{id}");
  const idOf = (name: string) =>
    name.length > before.length + after.length && name.startsWith(before) && name.endsWith(after)
      ? name.slice(before.length, name.length - after.length)
      : undefined;
  const found = new Map<string, string>();
  if (at === parts.length - 1) {
    for (const [stem, path] of await filesByStem(base, extensions)) {
      const id = idOf(stem);
      if (id !== undefined) found.set(id, path);
    }
    return found;
  }
  for (const folder of (await listFolder(base))?.folders ?? []) {
    const id = idOf(folder);
    if (id === undefined) continue;
    const inner = join(base, folder, ...parts.slice(at + 1, -1));
    const path = (await filesByStem(inner, extensions)).get(parts[parts.length - 1]);
    if (path !== undefined) found.set(id, path);
  }
  return found;
}

async function readYaml(root: string): Promise<DatasetDescription> {
  await requireFolder(root, `a dataset folder with ${YAML_NAME}`);
  const file = join(root, YAML_NAME);
  try {
    return parseDatasetYaml(await readFile(file, "utf8"), file);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOENT") throw error;
    throw new UserError({
      code: "data.no-dataset-yaml",
      what: `the folder has no ${YAML_NAME}`,
      where: root,
      fix: "Write one, or convert the data with `taskloom data convert`.",
    });
  }
}

/** Opens a dataset folder. Throws UserError naming the file and line, or the missing folder. */
export async function openFolder(root: string): Promise<FolderDataset> {
  const description = await readYaml(root);
  const { layout, camera } = description;
  const files: Record<string, Map<string, SampleFiles>> = {};
  const strayLabels: Record<string, string[]> = {};
  for (const split of description.splits) {
    const images = await listIds(root, layout, split, "image", IMAGE_EXTENSIONS);
    if (images.size === 0) {
      throw new UserError({
        code: "data.empty-split",
        what: `split ${split} has no images`,
        where: join(root, layoutPath(layout, { split, task: "image" })),
        expected: IMAGE_EXTENSIONS.join(", "),
        fix: `Add them, or take ${split} out of \`splits\`, or correct \`layout\` in ${YAML_NAME}.`,
      });
    }
    const labels = new Map<string, SampleFiles["labels"]>();
    for (const [task, spec] of Object.entries(description.tasks)) {
      for (const [id, path] of await listIds(root, layout, split, task, LABEL_EXTENSIONS)) {
        if (images.has(id)) labels.set(id, { ...labels.get(id), [task]: labelFile(path, spec) });
        else strayLabels[task] = [...(strayLabels[task] ?? []), path];
      }
    }
    files[split] = new Map(
      [...images].map(([id, image]) => [id, { image, labels: labels.get(id) ?? {}, camera }]),
    );
  }
  const dataset = fileDataset(description, files, root);
  const sequences = await readSequences(root, description, dataset.info.splits);
  const { name, tasks } = description;
  const info = { name, tasks, splits: dataset.info.splits, ...(sequences && { sequences }) };
  return { ...dataset, info, description, strayLabels };
}

async function readSequences(
  root: string,
  description: DatasetDescription,
  splits: Readonly<Record<string, readonly string[]>>,
): Promise<Sequences | undefined> {
  if (description.sequences === undefined) return undefined;
  const file = join(root, description.sequences);
  return parseSequences(Buffer.from(await readBytes(file)).toString("utf8"), splits, file);
}

/** The `folder` format. */
export const folder: DatasetFormat = { name: "folder", open: openFolder };

/** Writes dataset.yaml (and the folder). */
export async function writeDatasetYaml(root: string, description: DatasetDescription): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(join(root, YAML_NAME), formatDatasetYaml(description));
}

/** Writes sequences.json under the name that the description gives it. */
export async function writeSequences(
  root: string,
  description: DatasetDescription,
  sequences: Sequences,
): Promise<void> {
  await writeFile(
    join(root, description.sequences ?? "sequences.json"),
    `${JSON.stringify(sequences, null, 1)}\n`,
  );
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
    const file = join(root, `${path}.${extension}`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
  };
  const { width, height } = sample;
  await write("image", "png", encodeImage({ width, height, data: sample.image }));
  for (const [task, label] of Object.entries(sample.labels)) {
    const spec = description.tasks[task];
    const { extension, bytes } = encodeRaster(taskKind(spec.kind).files.encode(label, spec));
    await write(task, extension, bytes);
  }
}

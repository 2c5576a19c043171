/** @file From any format to a dataset folder. */
import { fillFolder } from "../disk/filled-folder.js";
import type { PinholeCamera } from "../geometry/camera.js";
import { taskKind } from "../tasks/index.js";
import { DEFAULT_LAYOUT } from "./dataset-yaml.js";
import { type DatasetDescription, writeDatasetYaml, writeSample, writeSequences } from "./folder.js";
import { openDataset } from "./formats/index.js";
import type { DatasetSource } from "./types.js";

export interface ConvertOptions {
  readonly source: DatasetSource;
  readonly out: string;
  /** Called after every image. */
  readonly onProgress?: (done: number, total: number) => void;
}

export interface ConvertResult {
  /** Images written, by split. */
  readonly splits: Record<string, number>;
  /** Whether dataset.yaml got a camera: only where all images share one. */
  readonly camera: "kept" | "differs" | "none";
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/**
 * Writes every sample of a dataset, with all its labels, as a dataset folder, which is whole or not there.
 * Throws UserError where `out` holds anything, where it cannot be written, and on the first damaged file.
 */
export async function convertDataset({ source, out, onProgress }: ConvertOptions): Promise<ConvertResult> {
  const { info, read } = await openDataset(source);
  const tasks = Object.keys(info.tasks);
  const total = Object.values(info.splits).reduce((sum, ids) => sum + ids.length, 0);
  const cameras = new Map<string, PinholeCamera | undefined>();
  const description: DatasetDescription = {
    name: info.name,
    layout: DEFAULT_LAYOUT,
    splits: Object.keys(info.splits),
    ...(info.sequences && { sequences: "sequences.json" }),
    tasks: mapValues(info.tasks, (spec) => taskKind(spec.kind).files.written?.(spec) ?? spec),
  };
  let done = 0;
  await fillFolder(out, { source }, async () => {
    for (const [split, ids] of Object.entries(info.splits)) {
      for (const id of ids) {
        const sample = await read(split, id, tasks);
        cameras.set(JSON.stringify(sample.camera ?? null), sample.camera);
        await writeSample(out, description, split, sample);
        onProgress?.(++done, total);
      }
    }
    const [camera] = cameras.size === 1 ? [...cameras.values()] : [];
    if (info.sequences !== undefined) await writeSequences(out, description, info.sequences);
    await writeDatasetYaml(out, { ...description, ...(camera && { camera }) });
  });
  const known = [...cameras.values()].some((one) => one !== undefined);
  return {
    splits: mapValues(info.splits, (ids) => ids.length),
    camera: !known ? "none" : cameras.size === 1 ? "kept" : "differs",
  };
}

/** @file From any format to a dataset folder. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../common/errors.js";
import type { PinholeCamera } from "../geometry/camera.js";
import { taskKind } from "../tasks/index.js";
import { DEFAULT_LAYOUT } from "./dataset-yaml.js";
import { type DatasetDescription, writeDatasetYaml, writeSample } from "./folder.js";
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
 * Writes every sample of a dataset, with all its labels, as a dataset folder; dataset.yaml comes last, so
 * that a conversion that was cut short is not taken for a whole one. Throws UserError where `out` already is
 * a dataset, and on the first damaged file.
 */
export async function convertDataset({ source, out, onProgress }: ConvertOptions): Promise<ConvertResult> {
  if (existsSync(join(out, "dataset.yaml"))) {
    throw new UserError({
      code: "data.output-exists",
      what: "there already is a dataset in this folder",
      where: out,
      fix: "Choose another folder, or remove this one.",
    });
  }
  const { info, read } = await openDataset(source);
  const tasks = Object.keys(info.tasks);
  const total = Object.values(info.splits).reduce((sum, ids) => sum + ids.length, 0);
  const cameras = new Map<string, PinholeCamera | undefined>();
  const description: DatasetDescription = {
    name: info.name,
    layout: DEFAULT_LAYOUT,
    splits: Object.keys(info.splits),
    tasks: mapValues(info.tasks, (spec) => taskKind(spec.kind).files.written?.(spec) ?? spec),
  };
  let done = 0;
  for (const [split, ids] of Object.entries(info.splits)) {
    for (const id of ids) {
      const sample = await read(split, id, tasks);
      cameras.set(JSON.stringify(sample.camera ?? null), sample.camera);
      await writeSample(out, description, split, sample);
      onProgress?.(++done, total);
    }
  }
  const [camera] = cameras.size === 1 ? [...cameras.values()] : [];
  await writeDatasetYaml(out, { ...description, ...(camera && { camera }) });
  const known = [...cameras.values()].some((one) => one !== undefined);
  return {
    splits: Object.fromEntries(Object.entries(info.splits).map(([split, ids]) => [split, ids.length])),
    camera: camera !== undefined ? "kept" : known ? "differs" : "none",
  };
}

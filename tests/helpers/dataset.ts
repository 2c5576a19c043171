/** @file Small dataset folders and errors for the tests of src/data. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import { encodeNpy } from "../../src/data/files/npy.js";
import { encodePng } from "../../src/data/files/png.js";
import { openDataset } from "../../src/data/formats/index.js";
import type { Dataset } from "../../src/data/types.js";

const made: string[] = [];
afterAll(async () => {
  await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
});

/** A folder of its own for one test; removed afterwards. */
export async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "taskloom-data-"));
  made.push(path);
  return path;
}

/** Writes files below `root`, folders included. */
export async function writeFiles(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

/** Opens a folder that holds just these files. */
export async function openFiles(
  format: string,
  files: Record<string, string | Uint8Array>,
): Promise<Dataset> {
  const path = await temporaryFolder();
  await writeFiles(path, files);
  return await openDataset({ format, path });
}

/** A grey PNG, values by row. */
export function greyPng(width: number, values: readonly number[], bits: 8 | 16 = 8): Uint8Array {
  const data = bits === 16 ? Uint16Array.from(values) : Uint8Array.from(values);
  return encodePng({ width, height: values.length / width, channels: 1, data });
}

/** An RGB PNG of noise. */
export function noisePng(width: number, height: number, seed = 0): Uint8Array {
  const rng = new Random(seed, "noise");
  const data = Uint8Array.from({ length: width * height * 3 }, () => rng.integer(256));
  return encodePng({ width, height, channels: 3, data });
}

/** Unit normals [height, width, 3] as .npy, all tilted alike. */
export function normalsNpy(width: number, height: number): Uint8Array {
  const data = Float32Array.from({ length: width * height * 3 }, (_, i) => [0.6, 0, -0.8][i % 3]);
  return encodeNpy({ shape: [height, width, 3], data });
}

export const TINY_YAML = `name: tiny
splits: [train, val]
tasks:
  segmentation: {kind: segmentation, classes: [a, b, c]}
  depth: {kind: depth}
  normals: {kind: normals}
camera: {fx: 10, fy: 12, cx: 3.5, cy: 2.5}
`;

export interface TinyOptions {
  readonly train?: number;
  readonly width?: number;
  readonly height?: number;
}

/** A dataset folder with two splits and every label; returns its path. */
export async function tinyFolder(options: TinyOptions = {}): Promise<string> {
  const { train = 6, width = 8, height = 6 } = options;
  const root = await temporaryFolder();
  const files: Record<string, string | Uint8Array> = { "dataset.yaml": TINY_YAML };
  const area = width * height;
  const rng = new Random(1, "tiny");
  for (const [split, count] of [
    ["train", train],
    ["val", 2],
  ] as const) {
    for (let n = 0; n < count; n++) {
      const id = `${split}${String(n).padStart(2, "0")}`;
      files[`${split}/image/${id}.png`] = noisePng(width, height, split === "val" ? 1000 + n : n);
      const classes = Array.from({ length: area }, () => rng.pick([0, 1, 2, 255]));
      files[`${split}/segmentation/${id}.png`] = greyPng(width, classes);
      const depths = Array.from({ length: area }, () => rng.pick([0, 1000, 2500]));
      files[`${split}/depth/${id}.png`] = greyPng(width, depths, 16);
      files[`${split}/normals/${id}.npy`] = normalsNpy(width, height);
    }
  }
  await writeFiles(root, files);
  return root;
}

/** The UserError that `run` throws; fails where it throws nothing or anything else. */
export async function userError(run: () => unknown): Promise<UserError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return error as UserError;
  }
  throw new Error("expected a UserError, got none");
}

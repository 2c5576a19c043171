import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { Random } from "../../src/common/random.js";
import type { DatasetDescription } from "../../src/data/folder.js";
import { writeDatasetYaml, writeSample } from "../../src/data/folder.js";
import type { Sample } from "../../src/data/types.js";
import type { LabelMap } from "../../src/tasks/task.js";
import { parseConfig, parseOverride, type RunConfig } from "../../src/training/config/index.js";

const SIDE = 32;
const AREA = SIDE * SIDE;

const description = (splits: readonly string[]): DatasetDescription => ({
  name: "tiny",
  layout: "{split}/{task}/{id}",
  splits: [...splits],
  tasks: {
    segmentation: { kind: "segmentation", classes: ["left", "right", "disc"], ignore: 255 },
    depth: { kind: "depth", scale: 0.001, invalid: 0 },
    normals: { kind: "normals" },
  } as DatasetDescription["tasks"],
});

function map(channels: number, value: (x: number, y: number, channel: number) => number): LabelMap {
  const data = new Float32Array(channels * AREA);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < AREA; i++) data[c * AREA + i] = value(i % SIDE, Math.floor(i / SIDE), c);
  }
  return { channels, height: SIDE, width: SIDE, data, valid: new Uint8Array(AREA).fill(1) };
}

/** A disc before two walls that meet at a corner; colours tell the parts apart, with noise. */
function tinySample(id: string): Sample {
  const random = new Random(7, id);
  const [cx, cy, corner] = [8 + random.integer(16), 8 + random.integer(16), 10 + random.integer(12)];
  const part = (x: number, y: number) => ((x - cx) ** 2 + (y - cy) ** 2 < 36 ? 2 : x < corner ? 0 : 1);
  const colours = [
    [0.8, 0.3, 0.2],
    [0.2, 0.5, 0.8],
    [0.9, 0.9, 0.3],
  ];
  const directions = [
    [0.6, 0, -0.8],
    [-0.6, 0, -0.8],
    [0, 0, -1],
  ];
  const image = map(3, (x, y, c) =>
    Math.min(1, Math.max(0, colours[part(x, y)][c] + 0.05 * random.normal())),
  );
  return {
    id,
    width: SIDE,
    height: SIDE,
    image: image.data,
    labels: {
      segmentation: map(1, part),
      depth: map(1, (x, y) => (part(x, y) === 2 ? 1 : 3 - Math.abs(x - corner) / SIDE)),
      normals: map(3, (x, y, c) => directions[part(x, y)][c]),
    },
  };
}

/** Writes a dataset folder of 32x32 images with every label. */
export async function writeTiny(
  folder: string,
  splits: Readonly<Record<string, number>> = { train: 8, val: 3, test: 3 },
): Promise<void> {
  const about = description(Object.keys(splits));
  await writeDatasetYaml(folder, about);
  for (const [split, count] of Object.entries(splits)) {
    for (let i = 0; i < count; i++) await writeSample(folder, about, split, tinySample(`${split}-${i}`));
  }
}

const TINY = {
  data: { path: "data" },
  labels: { scenario: "onelabel" },
  model: { name: "segnet", width: 4 },
  method: { name: "supervised" },
  steps: 12,
  evaluation: { every: 4 },
  checkpoint: { every: 3 },
  samples: { count: 1 },
  runtime: { threads: 1, workers: 1 },
};

/** Text of a configuration that trains in a second on the folder `data` beside it. */
export function tinyText(changes: Readonly<Record<string, unknown>> = {}): string {
  return stringify({ ...TINY, ...changes });
}

export function tinyConfig(folder: string, ...set: readonly string[]): RunConfig {
  return parseConfig(tinyText(), join(folder, "config.yaml"), set.map(parseOverride));
}

/** A folder with `data` and `config.yaml`. */
export async function writeProject(
  folder: string,
  changes: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await writeTiny(join(folder, "data"));
  writeFileSync(join(folder, "config.yaml"), tinyText(changes));
}

/** Edits the tasks in a dataset's dataset.yaml. */
export function editTasks(
  data: string,
  edit: (tasks: Record<string, Record<string, unknown>>) => void,
): void {
  const path = join(data, "dataset.yaml");
  const about = parse(readFileSync(path, "utf8"));
  edit(about.tasks);
  writeFileSync(path, stringify(about));
}

/**
 * @file `data.json`: what a run knows of its data, so that it needs the data no more than it must: the tasks
 * as they were trained (class names, units), the size of the images, and enough of the images to tell them
 * from others.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { spread } from "../data/label-look.js";
import { readSound } from "../data/sound-samples.js";
import { fileError, replaceFile } from "../disk/files.js";
import type { RunPaths } from "../runs/run-folder.js";
import { resolveTasks } from "../tasks/index.js";
import type { Task } from "../tasks/task.js";
import type { RunData } from "./run-data.js";

const side = z.int().positive();
const keptSchema = z.object({
  /** The dataset's name. */
  dataset: z.string(),
  /** [height, width] of the images that the network sees. */
  size: z.tuple([side, side]),
  /** The tasks, in the order of the run, each with its entry in dataset.yaml. */
  tasks: z.array(z.object({ name: z.string(), spec: z.record(z.string(), z.unknown()) })).min(1),
  /** Of each split: how many images, and a digest of their names. */
  splits: z.record(z.string(), z.object({ images: z.int().nonnegative(), names: z.string() })),
  /** Mean colours (0 to 255, RGB, in 3 x 3 fields by rows) of a few images, by split/name. */
  colours: z.record(z.string(), z.array(z.number()).length(27)),
});

type Kept = z.infer<typeof keptSchema>;

/** What a run was trained on, without its data. */
export interface KeptData {
  readonly tasks: readonly Task[];
  readonly size: readonly [number, number];
}

/** Images whose colours are kept. */
const LOOKED_AT = 12;
/** Fields of a side. */
const FIELDS = 3;
/** Mean difference of colours, of 255, from which an image counts as another one; decoders differ by less. */
const OTHER_IMAGE = 4;

/** Mean colours of an image in fields, 0 to 255. */
export function meanColours({
  data,
  height,
  width,
}: {
  data: Float32Array;
  height: number;
  width: number;
}): number[] {
  const bounds = (length: number, field: number) =>
    [field, field + 1].map((each) => Math.floor((each * length) / FIELDS));
  const means: number[] = [];
  for (let row = 0; row < FIELDS; row++) {
    for (let column = 0; column < FIELDS; column++) {
      const [top, bottom] = bounds(height, row);
      const [left, right] = bounds(width, column);
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let y = top; y < bottom; y++) {
          for (let x = left; x < right; x++) sum += data[(channel * height + y) * width + x];
        }
        const area = Math.max(1, (bottom - top) * (right - left));
        means.push(Math.round((255 * sum * 100) / area) / 100);
      }
    }
  }
  return means;
}

function splitsOf({ dataset }: Pick<RunData, "dataset">): Kept["splits"] {
  const entries = Object.entries(dataset.info.splits).map(([split, ids]) => {
    const names = createHash("sha256").update(JSON.stringify(ids)).digest("hex").slice(0, 16);
    return [split, { images: ids.length, names }];
  });
  return Object.fromEntries(entries);
}

/** Colours of the named images; those that cannot be read or are gone are left out. */
async function coloursOf({ dataset }: RunData, names: readonly string[]): Promise<Kept["colours"]> {
  const colours: Kept["colours"] = {};
  for (const name of names) {
    const [split, id] = [name.slice(0, name.indexOf("/")), name.slice(name.indexOf("/") + 1)];
    if (!dataset.info.splits[split]?.includes(id)) continue;
    try {
      const { sample } = await readSound(dataset, split, id, []);
      colours[name] = meanColours({ data: sample.image, height: sample.height, width: sample.width });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return colours;
}

async function describe(data: RunData): Promise<Kept> {
  const { dataset, size, tasks } = data;
  const { splits, name } = dataset.info;
  const all = Object.entries(splits).flatMap(([split, ids]) => ids.map((id) => `${split}/${id}`));
  return {
    dataset: name,
    size: [...size],
    tasks: tasks.map(({ name, spec }) => ({ name, spec: { ...spec } })),
    splits: splitsOf(data),
    colours: await coloursOf(data, spread(all).slice(0, LOOKED_AT)),
  };
}

/** Where two values differ: `key: now (was before)`, by dotted keys. */
function changes(before: unknown, now: unknown, path: string): string[] {
  if (isDeepStrictEqual(before, now)) return [];
  const parts = [before, now].every((each) => typeof each === "object" && each !== null);
  const simple = !parts || Array.isArray(before) !== Array.isArray(now);
  const text = (value: unknown) => (value === undefined ? "nothing" : JSON.stringify(value));
  if (simple) return [`${path}: ${text(now)} (was ${text(before)})`];
  const [a, b] = [before, now] as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => changes(a[key], b[key], path === "" ? key : `${path}.${key}`));
}

function changedData(run: Pick<RunPaths, "folder">, differing: readonly string[]): UserError {
  const shown = differing.slice(0, 5).join("; ") + (differing.length > 5 ? "; ..." : "");
  return new UserError({
    code: "data.changed",
    where: run.folder,
    what: "the data is not what this run was started with",
    got: shown,
    fix: "Where it lies may change (`--set data.path=...`), what it is may not: undo the change, or start a new run by --run.",
  });
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

/** Throws UserError where most images look different; tells of some that do. */
async function compareImages(
  run: RunPaths,
  kept: Kept,
  data: RunData,
  note: (change: string) => void,
): Promise<void> {
  const now = await coloursOf(data, Object.keys(kept.colours));
  const names = Object.keys(now);
  const other = names.filter((name) => distance(now[name], kept.colours[name]) > OTHER_IMAGE);
  if (other.length > 0 && 2 * other.length >= names.length) {
    throw changedData(run, [`${other.length} of ${names.length} images looked at, e.g. ${other[0]}`]);
  }
  for (const name of other) note(`${name} does not look as it did when this run was started.`);
}

/**
 * Writes down what the data is; in a run that is resumed, makes sure that it still is: where it lies may have
 * changed. `note` is told of changes that do not end the run.
 * @throws UserError `data.changed` naming what differs.
 */
export async function keepData(
  run: RunPaths,
  data: RunData,
  note: (change: string) => void = () => undefined,
): Promise<void> {
  if (!existsSync(run.data)) {
    await replaceFile(run.data, `${JSON.stringify(await describe(data), null, 1)}\n`);
    return;
  }
  const kept = await readKept(run.data);
  const specs = (tasks: readonly { name: string; spec: object }[]) =>
    Object.fromEntries(tasks.map(({ name, spec }) => [name, JSON.parse(JSON.stringify(spec))]));
  const differing = [
    ...changes(kept.size, [...data.size], "size"),
    ...changes(specs(kept.tasks), specs(data.tasks), "tasks"),
  ];
  if (differing.length > 0) throw changedData(run, differing);
  await compareImages(run, kept, data, note);
  const splits = splitsOf(data);
  for (const [split, before] of Object.entries(kept.splits)) {
    const now = splits[split];
    if (now === undefined) note(`split ${split} (${before.images} images) is gone from the dataset.`);
    else if (now.names !== before.names) {
      note(`split ${split} holds other images than before: ${now.images}, then ${before.images}.`);
    }
  }
}

/** The tasks and the image size of a run. Throws UserError where the run does not say. */
export async function keptData(run: Pick<RunPaths, "data">): Promise<KeptData> {
  const { tasks, size } = await readKept(run.data);
  const specs = Object.fromEntries(tasks.map(({ name, spec }) => [name, spec]));
  return { tasks: resolveTasks(specs), size };
}

async function readKept(path: string): Promise<Kept> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError(
      {
        code: "run.damaged-data-file",
        where: path,
        what: "the file does not say what the run was trained on",
        fix: "Put it back from a copy; with the run's data at hand, delete it and go on with the run by --resume: it is written again.",
      },
      { cause },
    );
  }
}

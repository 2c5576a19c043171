/**
 * @file What a network has learned at single places of images: features there, and the labels of the place.
 */
import { UserError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { openSplit } from "../data/evaluation-reader.js";
import { spread } from "../data/label-look.js";
import { withoutCrops } from "../data/resize.js";
import type { Sample } from "../data/types.js";
import type { RunPaths } from "../runs/run-folder.js";
import { CompiledStep } from "../runtime/compiled-step.js";
import { buildFeatures, networkInputOf } from "../step/inference-graph.js";
import { labelField } from "../tasks/label-field.js";
import type { LabelMap, Task } from "../tasks/task.js";
import type { WhichCheckpoint } from "./export.js";
import { openKeptNetwork } from "./kept-network.js";
import { openMeasuredData } from "./measured-data.js";

export interface LocalFeaturesOptions {
  readonly split: string;
  /** How many places are drawn, over as many images as there are. */
  readonly points: number;
  readonly seed: number;
  readonly checkpoint?: WhichCheckpoint;
  readonly log?: (message: string) => void;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface LocalFeatures {
  /** Path of the checkpoint. */
  readonly checkpoint: string;
  readonly tasks: readonly Task[];
  /** One row a place. */
  readonly features: readonly Float32Array[];
  readonly places: readonly { readonly id: string; readonly x: number; readonly y: number }[];
  /** By task: the labels of all places as a map of one row; invalid where there is none. */
  readonly labels: Readonly<Record<string, LabelMap>>;
}

/** A place in a feature map, and the pixel in the middle of it. */
interface Place {
  readonly cell: number;
  readonly x: number;
  readonly y: number;
}

/** Different places of a feature map, in the order in which they are drawn. */
function drawPlaces(
  random: Random,
  count: number,
  [rows, columns]: readonly number[],
  image: Sample,
): Place[] {
  const cells = Array.from({ length: rows * columns }, (_, cell) => cell);
  const taken = Math.min(count, cells.length);
  for (let i = 0; i < taken; i++) {
    const other = i + random.integer(cells.length - i);
    [cells[i], cells[other]] = [cells[other], cells[i]];
  }
  return cells.slice(0, taken).map((cell) => ({
    cell,
    x: Math.floor((((cell % columns) + 0.5) * image.width) / columns),
    y: Math.floor(((Math.floor(cell / columns) + 0.5) * image.height) / rows),
  }));
}

/** Labels of single places, one after another, as one row of a map. */
class LabelRow {
  readonly #channels: number;
  readonly #values: number[][] = [];
  readonly #valid: number[] = [];

  constructor(channels: number) {
    this.#channels = channels;
  }

  add(label: LabelMap | undefined, { x, y }: Place): void {
    const pixel = label === undefined ? 0 : y * label.width + x;
    const area = label === undefined ? 0 : label.width * label.height;
    const known = label?.valid[pixel] === 1;
    this.#valid.push(Number(known));
    const value = (channel: number) => (known ? label!.data[channel * area + pixel] : 0);
    this.#values.push(Array.from({ length: this.#channels }, (_, channel) => value(channel)));
  }

  map(): LabelMap {
    const width = this.#valid.length;
    const channels = this.#channels;
    const data = Float32Array.from(
      { length: channels * width },
      (_, i) => this.#values[i % width][Math.floor(i / width)],
    );
    return { channels, width, height: 1, data, valid: Uint8Array.from(this.#valid) };
  }
}

/** The tasks whose labels say something of every place. Throws UserError where there are none. */
function tasksOfPlaces(tasks: readonly Task[]): readonly Task[] {
  const mapped = tasks.filter((task) => labelField(task).kind !== "list");
  if (mapped.length > 0) return mapped;
  throw new UserError({
    code: "features.no-map",
    what: "labels of these tasks are lists of things, and say nothing of a place",
    where: "features",
    expected: "a run with a task whose labels are maps",
    got: tasks.map(({ name }) => name).join(", "),
  });
}

/**
 * Features at places drawn at random from the images of a split; the same for the same seed. Images are
 * spread over the split where it holds more than places are wanted.
 * @throws UserError where the run has no checkpoint, its data lacks the split, or all its labels are lists.
 */
export async function localFeatures(run: RunPaths, options: LocalFeaturesOptions): Promise<LocalFeatures> {
  const { split, points, seed, log = () => undefined, onProgress } = options;
  const opened = await openKeptNetwork(run, options.checkpoint);
  const { kept, network, checkpoint, engine, store } = opened;
  const { source, dataset, tasks: all } = await openMeasuredData(opened, split, {}, log);
  const tasks = tasksOfPlaces(all);
  const features = buildFeatures({ tasks: kept.tasks, network, batchSize: 1, size: kept.size });
  const step = await CompiledStep.compile(engine, store, { outputs: { features }, state: [] });
  const [, channels, rows, columns] = features.shape;
  const taken = networkInputOf(network, kept.size).name;
  const ids = spread(dataset.info.splits[split]).slice(0, points);
  const perImage = Math.ceil(points / Math.max(ids.length, 1));
  const wanted = new Set(ids);
  const found: Float32Array[] = [];
  const places: LocalFeatures["places"][number][] = [];
  const labels = tasks.map(
    ({ name, kind, spec }) => [name, new LabelRow(kind.files.labelChannels(spec))] as const,
  );
  try {
    onProgress?.(0, ids.length);
    let done = 0;
    const names = tasks.map(({ name }) => name);
    for await (const sample of await openSplit(withoutCrops(source), split, names, undefined, network)) {
      if (!wanted.has(sample.id) || found.length >= points) continue;
      const output = (await step.run({ [taken]: sample.clip })).features;
      const random = new Random(seed, "features", sample.id);
      for (const place of drawPlaces(
        random,
        Math.min(perImage, points - found.length),
        [rows, columns],
        sample,
      )) {
        const { cell, x, y } = place;
        found.push(Float32Array.from({ length: channels }, (_, c) => output[c * rows * columns + cell]));
        places.push({ id: sample.id, x, y });
        for (const [name, row] of labels) row.add(sample.labels[name], place);
      }
      onProgress?.(++done, ids.length);
    }
  } finally {
    await step.release();
  }
  const maps = labels.map(([name, row]) => [name, row.map()] as const);
  return { checkpoint, tasks, features: found, places, labels: Object.fromEntries(maps) };
}

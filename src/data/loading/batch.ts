/** @file From the numbers of batches to a batch, the same on whatever thread it is made. */
import { MAIN_STREAM } from "../../fields/layout.js";
import { movedSample } from "../../fields/sample.js";
import { labelFields } from "../../tasks/label-field.js";
import { drawViews, type PlacedView, showViews } from "../augment/views.js";
import { knownTasks } from "../derived-tasks.js";
import { openDataset } from "../formats/index.js";
import { readSound } from "../sound-samples.js";
import type { Batch, Dataset, DatasetSource, Sample, SkippedFile } from "../types.js";
import { balancedPace, type Labelled } from "./balance.js";
import { randomCrop } from "./crop.js";
import { type Draw, type Pace, paceOf } from "./draws.js";
import { type BatchPlan, joinedStreams, layoutOf, type StreamPlan } from "./plan.js";
import { type Pool, poolOf } from "./pools.js";
import { SampleCache } from "./sample-cache.js";
import { drawSound, type SoundDraw } from "./sound-draw.js";
import { type DrawnSample, requireSize, requireViewSize, stackStream } from "./stack.js";

/** Makes the batches of a plan. */
export interface BatchMaker {
  /** Of each stream: how many samples its set has, and how it goes through them. */
  readonly sets: Readonly<Record<string, { readonly samples: number; readonly pace: Pace }>>;
  /** The batch that has batch number `at[stream]`, from 0, of each stream. */
  make(at: Readonly<Record<string, number>>): Promise<Batch>;
  /**
   * The batch of given samples of `main`, by their ids (clips by their first frames'), in that order. Throws
   * RangeError where one is not there.
   */
  of(ids: readonly string[]): Promise<Batch>;
}

/** A stream ready to draw from. */
interface OpenStream {
  readonly plan: StreamPlan;
  readonly dataset: Dataset;
  readonly pool: Pool;
  readonly pace: Pace;
  draw(draw: Draw): Promise<SoundDraw>;
}

/**
 * Opens the plan's datasets. Keeps up to `cacheBytes` of decoded samples. Throws UserError on unknown splits
 * and tasks.
 */
export async function openBatchMaker(plan: BatchPlan, cacheBytes: number): Promise<BatchMaker> {
  const joined = joinedStreams(plan);
  const cache = new SampleCache(cacheBytes);
  const datasets = new Map<string, Dataset>();
  const streams: Record<string, OpenStream> = {};
  for (const [name, stream] of Object.entries(plan.streams)) {
    const source = sourceKey(stream.source);
    const dataset = datasets.get(source) ?? (await openDataset(stream.source));
    datasets.set(source, dataset);
    streams[name] = await openStream(name, stream, dataset, plan, cache);
  }
  const offsets = placeOffsets(joined, streams);
  const assemble = async (draws: Readonly<Record<string, readonly Draw[]>>): Promise<Batch> => {
    const batch: Batch = { drawn: {}, arrays: {} };
    const skipped: SkippedFile[] = [];
    for (const [head, members] of Object.entries(joined)) {
      const drawn: DrawnSample[] = [];
      for (const member of members) {
        for (const each of draws[member] ?? []) {
          const { sample, skipped: bad } = await streams[member].draw(each);
          drawn.push({ ...sample, index: sample.index + offsets[member] });
          skipped.push(...bad);
        }
      }
      if (drawn.length === 0) continue;
      const { plan: headPlan, dataset } = streams[head];
      const layout = layoutOf(headPlan, drawn.length, labelFields(knownTasks(dataset.info)));
      Object.assign(batch.drawn, { [head]: drawn.map(({ id, split }) => ({ id, split })) });
      Object.assign(batch.arrays, stackStream(head, layout, drawn));
    }
    return skipped.length === 0 ? batch : { ...batch, skipped };
  };
  const make = (at: Readonly<Record<string, number>>) =>
    assemble(
      Object.fromEntries(Object.entries(streams).map(([name, { pace }]) => [name, pace.draws(at[name])])),
    );
  const { pool } = streams[MAIN_STREAM];
  const places = new Map(pool.samples.map(([id], index) => [id, index]));
  const of = async (ids: readonly string[]) => {
    const draws = ids.map((id): Draw => {
      const index = places.get(id);
      if (index === undefined) throw new RangeError(`no sample ${id} in ${pool.split}`);
      return { index, key: ["given", index] };
    });
    return await assemble({ [MAIN_STREAM]: draws });
  };
  const sets = Object.entries(streams).map(
    ([name, { pool, pace }]) => [name, { samples: pool.samples.length, pace }] as const,
  );
  return { sets: Object.fromEntries(sets), make, of };
}

function sourceKey({ format, path, size, resize, sweeps, scan }: DatasetSource): string {
  return JSON.stringify([format, path, size, resize, sweeps, scan]);
}

/** Where the places of each stream's samples begin: after those that stand in the same arrays before it. */
function placeOffsets(
  joined: Readonly<Record<string, readonly string[]>>,
  streams: Readonly<Record<string, OpenStream>>,
): Record<string, number> {
  const offsets: Record<string, number> = {};
  for (const members of Object.values(joined)) {
    let next = 0;
    for (const member of members) {
      offsets[member] = next;
      next += streams[member].pool.samples.length;
    }
  }
  return offsets;
}

/** Which labels there are and may be seen, without reading them. Of clips, those of the first frame. */
async function labelledIn(pool: Pool, { tasks }: StreamPlan, dataset: Dataset): Promise<Labelled> {
  const tasksOf: string[][] = [];
  for (const [id] of pool.samples) {
    const there = await dataset.labelledTasks(pool.split, id);
    tasksOf.push(pool.visible(id).filter((task) => there.includes(task)));
  }
  return { tasks, tasksOf };
}

async function openStream(
  name: string,
  plan: StreamPlan,
  dataset: Dataset,
  { seed, badFiles = "refuse" }: BatchPlan,
  cache: SampleCache,
): Promise<OpenStream> {
  const pool = poolOf(name, plan, dataset);
  const labels = labelFields(knownTasks(dataset.info));
  const options = { seed, samples: pool.samples.length, batchSize: plan.batchSize };
  const pace = paceOf(name, options);
  const { split } = pool;
  const [height, width] = plan.size;
  const source = sourceKey(plan.source);
  const read = async (id: string, skipped: SkippedFile[]) => {
    const tasks = pool.visible(id);
    return await cache.get(JSON.stringify([source, split, id, tasks]), async () => {
      if (badFiles === "refuse") return await dataset.read(split, id, tasks);
      const sound = await readSound(dataset, split, id, tasks);
      skipped.push(...sound.skipped);
      return sound.sample;
    });
  };
  const drawAt = async (index: number, key: Draw["key"], skipped: SkippedFile[]): Promise<DrawnSample> => {
    const ids = pool.samples[index];
    // One draw for all frames: what moves between them is the camera and the scene alone.
    const drawn = drawViews({ height, width }, plan.views, { seed, draw: key });
    const frames: PlacedView[][] = [];
    const samples: Sample[] = [];
    for (const id of ids) samples.push(await read(id, skipped));
    const crop =
      plan.source.resize === "crop" ? randomCrop(samples[0], { height, width }, { seed, draw: key }) : null;
    for (const whole of samples) {
      requireSize(whole, crop === null ? { height, width } : samples[0]);
      const sample = crop === null ? whole : movedSample(whole, labels, crop);
      const shown = showViews(sample, labels, drawn);
      for (const view of shown) requireViewSize(view.sample, plan);
      frames.push(shown);
    }
    return { id: ids[0], split, index, frames };
  };
  return {
    plan,
    dataset,
    pool,
    pace:
      plan.sampling === undefined ? pace : balancedPace(pace, await labelledIn(pool, plan, dataset), options),
    draw: (draw) => drawSound(pool, draw, badFiles, drawAt),
  };
}

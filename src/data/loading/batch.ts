/** @file From (epoch, step) to the batch, the same on whatever thread it is made. */
import { imageField } from "../../fields/image.js";
import { MAIN_STREAM, type StreamLayout } from "../../fields/layout.js";
import { labelFields } from "../../tasks/label-field.js";
import { makeViews } from "../augment/views.js";
import { openDataset } from "../formats/index.js";
import { unknownName } from "../names.js";
import type { Batch, Dataset, DatasetSource, LabelAssignment, Sample, ViewSpec } from "../types.js";
import { drawAppended, drawBatch, type Position, stepsPerEpoch } from "./draws.js";
import { type AppendPlan, type Pool, poolsOf } from "./pools.js";
import { type DrawnSample, requireOneSize, stackStream } from "./stack.js";

/** Everything that decides what the batches of a run are. Plain data. */
export interface BatchPlan {
  readonly source: DatasetSource;
  readonly split: string;
  /** The tasks whose arrays a batch has, in this order. */
  readonly tasks: readonly string[];
  /** Labels that may be seen; null for all there are. */
  readonly labels: LabelAssignment | null;
  /** Images drawn from the split for a batch. */
  readonly batchSize: number;
  /** Further images of every batch, which stand last in it. */
  readonly append?: AppendPlan;
  readonly views: readonly ViewSpec[];
  readonly seed: number;
}

/**
 * Decoded samples kept in memory until the limit is reached. Random order makes any choice of samples as good
 * as another.
 */
class SampleCache {
  readonly #samples = new Map<string, Sample>();
  #bytesLeft: number;

  constructor(bytes: number) {
    this.#bytesLeft = bytes;
  }

  async get(id: string, read: () => Promise<Sample>): Promise<Sample> {
    const known = this.#samples.get(id);
    if (known !== undefined) return known;
    const sample = await read();
    let bytes = sample.image.byteLength;
    for (const label of Object.values(sample.labels)) bytes += label.data.byteLength + label.valid.byteLength;
    if (bytes <= this.#bytesLeft) {
      this.#bytesLeft -= bytes;
      this.#samples.set(id, sample);
    }
    return sample;
  }
}

/** Makes the batches of a plan. */
export interface BatchMaker {
  /** Images that an epoch goes through: those of the split, less those that are appended instead. */
  readonly samples: number;
  make(at: Position): Promise<Batch>;
}

/**
 * Opens the plan's dataset. Keeps up to `cacheBytes` of decoded samples. Throws UserError on unknown splits
 * and tasks.
 */
export async function openBatchMaker(plan: BatchPlan, cacheBytes: number): Promise<BatchMaker> {
  const dataset = await openDataset(plan.source);
  const { name, tasks } = dataset.info;
  const stray = plan.tasks.find((task) => !Object.hasOwn(tasks, task));
  if (stray !== undefined) throw unknownName("task", stray, Object.keys(tasks), name);
  const { main, appended } = poolsOf(plan, dataset);
  const cache = new SampleCache(cacheBytes);
  const labels = labelFields(tasks);
  const viewsOf = async (pool: Pool, index: number, epoch: number, sampleIndex: number) => {
    const id = pool.ids[index];
    const sample = await cache.get(`${pool.split}/${id}`, () => readAllowed(dataset, plan.tasks, pool, id));
    const key = { seed: plan.seed, draw: [epoch, sampleIndex] };
    return { id, index, frames: [makeViews(sample, labels, plan.views, key)] };
  };
  const make = async (at: Position) => {
    const drawn: DrawnSample[] = [];
    for (const { index, round } of drawBatch(plan, main.ids.length, at)) {
      // A sample met twice in an epoch gets other random numbers the second time.
      drawn.push(await viewsOf(main, index, at.epoch, index + round * main.ids.length));
    }
    if (appended !== null) {
      const batch = at.epoch * stepsPerEpoch(main.ids.length, plan.batchSize) + at.step;
      for (const { index, round } of drawAppended(
        plan.seed,
        plan.append!.count,
        appended.ids.length,
        batch,
      )) {
        // Below zero: no other sample's random numbers.
        drawn.push(await viewsOf(appended, index, round, -1 - index));
      }
    }
    const [[{ sample }]] = drawn[0].frames;
    requireOneSize(drawn, sample);
    const layout: StreamLayout = {
      samples: drawn.length,
      size: sample,
      given: { image: imageField },
      labels: Object.fromEntries(plan.tasks.map((task) => [task, labels[task]])),
      index: false,
      turns: false,
      frames: 1,
      views: plan.views.map(({ from }) => ({ placed: from !== "sample" })),
    };
    return {
      ids: drawn.map(({ id }) => id),
      arrays: stackStream(MAIN_STREAM, layout, drawn),
    };
  };
  return { samples: main.ids.length, make };
}

/** A sample with the labels the pool allows and no others. */
async function readAllowed(
  dataset: Dataset,
  tasks: readonly string[],
  { split, labels }: Pool,
  id: string,
): Promise<Sample> {
  const allowed = labels === null ? tasks : Object.hasOwn(labels, id) ? labels[id] : [];
  return await dataset.read(
    split,
    id,
    tasks.filter((task) => allowed.includes(task)),
  );
}

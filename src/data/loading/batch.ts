/** @file From (epoch, step) to the batch, the same on whatever thread it is made. */
import { UserError } from "../../common/errors.js";
import { taskKind } from "../../tasks/index.js";
import { makeViews, type PlacedView } from "../augment.js";
import { openDataset } from "../formats/index.js";
import { unknownName } from "../names.js";
import type {
  Batch,
  BatchArray,
  Dataset,
  DatasetSource,
  LabelAssignment,
  Placement,
  Sample,
  ViewSpec,
} from "../types.js";
import { drawAppended, drawBatch, type Position, stepsPerEpoch } from "./draws.js";
import { type AppendPlan, type Pool, poolsOf } from "./pools.js";

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
  const viewsOf = async (pool: Pool, index: number, epoch: number, sampleIndex: number) => {
    const id = pool.ids[index];
    const sample = await cache.get(`${pool.split}/${id}`, () => readAllowed(dataset, plan.tasks, pool, id));
    return makeViews(sample, tasks, plan.views, { seed: plan.seed, epoch, sampleIndex });
  };
  const make = async (at: Position) => {
    const drawn: PlacedView[][] = [];
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
    return stackBatch(drawn, dataset, plan);
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

function requireOneSize(samples: readonly Sample[]): void {
  const [first] = samples;
  const other = samples.find((sample) => sample.width !== first.width || sample.height !== first.height);
  if (other === undefined) return;
  throw new UserError({
    code: "data.mixed-sizes",
    what: "the images of a batch are not of one size",
    where: other.id,
    expected: `${first.width}x${first.height} as ${first.id}`,
    got: `${other.width}x${other.height}`,
    fix: "Set `data.size: [height, width]` to resize all images.",
  });
}

/** One view of every sample as arrays. */
function stackView(
  samples: readonly Sample[],
  dataset: Dataset,
  tasks: readonly string[],
  prefix: string,
): Record<string, BatchArray> {
  const count = samples.length;
  const [{ height, width }] = samples;
  const area = height * width;
  const arrays: Record<string, BatchArray> = {};
  const add = (name: string, shape: readonly number[]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    arrays[prefix + name] = { shape, data };
    return data;
  };
  const image = add("image", [count, 3, height, width]);
  samples.forEach((sample, n) => {
    image.set(sample.image, n * 3 * area);
  });
  for (const task of tasks) {
    const spec = dataset.info.tasks[task];
    const channels = taskKind(spec.kind).files.labelChannels(spec);
    const label = add(`${task}.label`, [count, channels, height, width]);
    const valid = add(`${task}.valid`, [count, 1, height, width]);
    const labelled = add(`${task}.labelled`, [count]);
    samples.forEach((sample, n) => {
      if (!Object.hasOwn(sample.labels, task)) return;
      label.set(sample.labels[task].data, n * channels * area);
      valid.set(sample.labels[task].valid, n * area);
      labelled[n] = 1;
    });
  }
  return arrays;
}

function stackPlacements(placements: readonly Placement[]): BatchArray {
  const rows = placements.map(({ xStep, xStart, yStep, yStart, enlargement }) => [
    xStep,
    xStart,
    yStep,
    yStart,
    enlargement,
  ]);
  return { shape: [rows.length, 5], data: Float32Array.from(rows.flat()) };
}

/** Stacks samples, each with its views. Throws UserError where the images differ in size. */
function stackBatch(drawn: readonly PlacedView[][], dataset: Dataset, plan: BatchPlan): Batch {
  requireOneSize(drawn.map(([{ sample }]) => sample));
  const arrays: Record<string, BatchArray> = {};
  for (let view = 0; view < plan.views.length; view++) {
    const samples = drawn.map((views) => views[view].sample);
    const prefix = view === 0 ? "" : `view${view}.`;
    Object.assign(arrays, stackView(samples, dataset, plan.tasks, prefix));
    if (plan.views[view].from !== "sample") {
      arrays[`${prefix}placement`] = stackPlacements(drawn.map((views) => views[view].placement));
    }
  }
  return { ids: drawn.map(([{ sample }]) => sample.id), arrays };
}

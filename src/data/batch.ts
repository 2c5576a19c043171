/** @file From (epoch, step) to the batch, the same on whatever thread it is made. */
import { UserError } from "../common/errors.js";
import { Random } from "../common/random.js";
import { taskKind } from "../tasks/index.js";
import { makeViews } from "./augment.js";
import { openDataset } from "./formats/index.js";
import { unknownName } from "./names.js";
import type {
  Batch,
  BatchArray,
  Dataset,
  DatasetSource,
  LabelAssignment,
  Sample,
  ViewSpec,
} from "./types.js";

/** Everything that decides what the batches of a run are. Plain data. */
export interface BatchPlan {
  readonly source: DatasetSource;
  readonly split: string;
  /** The tasks whose arrays a batch has, in this order. */
  readonly tasks: readonly string[];
  /** Labels that may be seen; null for all there are. */
  readonly labels: LabelAssignment | null;
  readonly batchSize: number;
  readonly views: readonly ViewSpec[];
  readonly seed: number;
}

/** A place in a run: the batch of that epoch and step, both from 0. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Batches an epoch has: what does not fill a batch is dropped; a set smaller than one batch fills it by going
 * round.
 */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.max(1, Math.floor(samples / batchSize));
}

/** A sample's place in its split, and how often the epoch's order had been gone through before it. */
export interface Draw {
  readonly index: number;
  readonly round: number;
}

/** The samples of one batch: a stretch of the epoch's random order. */
export function drawBatch(
  plan: Pick<BatchPlan, "seed" | "batchSize">,
  samples: number,
  at: Position,
): Draw[] {
  const all = Array.from({ length: samples }, (_, index) => index);
  const order = new Random(plan.seed, "order", at.epoch).shuffle(all);
  return Array.from({ length: plan.batchSize }, (_, slot) => {
    const place = at.step * plan.batchSize + slot;
    return { index: order[place % samples], round: Math.floor(place / samples) };
  });
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
  readonly samples: number;
  make(at: Position): Promise<Batch>;
}

/**
 * Opens the plan's dataset. Keeps up to `cacheBytes` of decoded samples. Throws UserError on unknown splits
 * and tasks.
 */
export async function openBatchMaker(plan: BatchPlan, cacheBytes: number): Promise<BatchMaker> {
  const dataset = await openDataset(plan.source);
  const { name, splits, tasks } = dataset.info;
  if (!Object.hasOwn(splits, plan.split)) throw unknownName("split", plan.split, Object.keys(splits), name);
  const stray = plan.tasks.find((task) => !Object.hasOwn(tasks, task));
  if (stray !== undefined) throw unknownName("task", stray, Object.keys(tasks), name);
  const ids = splits[plan.split];
  const cache = new SampleCache(cacheBytes);
  const make = async (at: Position) => {
    const draws = drawBatch(plan, ids.length, at);
    const drawn: Sample[][] = [];
    for (const { index, round } of draws) {
      const sample = await cache.get(ids[index], () => readAllowed(dataset, plan, ids[index]));
      // A sample met twice in an epoch gets other random numbers the second time.
      const sampleIndex = index + round * ids.length;
      drawn.push(makeViews(sample, tasks, plan.views, { seed: plan.seed, epoch: at.epoch, sampleIndex }));
    }
    return stackBatch(drawn, dataset, plan);
  };
  return { samples: ids.length, make };
}

/** A sample with the labels the plan allows and no others. */
async function readAllowed(dataset: Dataset, plan: BatchPlan, id: string): Promise<Sample> {
  const allowed = plan.labels === null ? plan.tasks : Object.hasOwn(plan.labels, id) ? plan.labels[id] : [];
  const wanted = plan.tasks.filter((task) => allowed.includes(task));
  return await dataset.read(plan.split, id, wanted);
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
    const channels = taskKind(spec.kind).labelChannels(spec);
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

/** Stacks samples, each with its views. Throws UserError where the images differ in size. */
function stackBatch(drawn: readonly Sample[][], dataset: Dataset, plan: BatchPlan): Batch {
  requireOneSize(drawn.map(([first]) => first));
  const arrays: Record<string, BatchArray> = {};
  for (let view = 0; view < plan.views.length; view++) {
    const samples = drawn.map((views) => views[view]);
    Object.assign(arrays, stackView(samples, dataset, plan.tasks, view === 0 ? "" : `view${view}.`));
  }
  return { ids: drawn.map(([first]) => first.id), arrays };
}

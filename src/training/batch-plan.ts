/** @file The streams that a configuration and its method ask for. */
import { stepsPerEpoch } from "../data/loading/draws.js";
import {
  type BatchPlan,
  type Loader,
  openLoader,
  type Positions,
  type StreamPlan,
} from "../data/loading/loader.js";
import { joinedStreams } from "../data/loading/plan.js";
import { poolOf } from "../data/loading/pools.js";
import { TRAIN_SPLIT } from "../data/names.js";
import type { Dataset, LabelAssignment } from "../data/types.js";
import { MAIN_STREAM } from "../fields/layout.js";
import { enoughFrames, sampleFrames } from "../methods/compose.js";
import type { ImageSize, StreamRequest } from "../methods/streams.js";
import type { RunConfig } from "./config/index.js";
import { imagesPerBatch, methodOf, networkOf } from "./parts.js";
import type { RunData } from "./run-data.js";
import { filledViews, viewsOf } from "./views.js";

/** Images that the configuration's `append` adds to the batches of `main`. */
const APPENDED = "append";

/** What all streams of a run have in common: an image each, without labels. */
function plain(config: RunConfig, { source, size }: RunData) {
  const { pillars } = networkOf(config);
  const views = filledViews(config);
  return { source, size, tasks: [], labels: null, split: TRAIN_SPLIT, views, pillars } as const;
}

/** The size of views where it is not that of images. */
function viewSizeOf(size: ImageSize, from: StreamRequest["size"]): Pick<StreamPlan, "viewSize"> {
  return from === undefined ? {} : { viewSize: from(size) };
}

/** The stream `main` and what is appended to it. */
function configured(config: RunConfig, data: RunData, labels: LabelAssignment): Record<string, StreamPlan> {
  const { append, batchSize, sampling } = config;
  const { method, options } = methodOf(config);
  const main: StreamPlan = {
    ...plain(config, data),
    ...viewSizeOf(data.size, method.size),
    tasks: method.selfSupervised ? [] : data.tasks.map(({ name }) => name),
    labels,
    images: sampling?.images === "labelled" ? "labelled" : undefined,
    batchSize,
    views: viewsOf(config),
    arrays: method.arrays?.(options, data.tasks),
    frames: sampleFrames({ method, options }, networkOf(config)),
    sampling: sampling?.balance && { balance: sampling.balance },
  };
  if (append === undefined) return { [MAIN_STREAM]: main };
  const appended = { ...main, batchSize: append.count, appendTo: MAIN_STREAM, sampling: undefined };
  if (append.split !== undefined) {
    const { split, tasks: kept = null } = append;
    return { [MAIN_STREAM]: main, [APPENDED]: { ...appended, split, labels: kept, images: undefined } };
  }
  return {
    [MAIN_STREAM]: { ...main, images: "labelled" },
    [APPENDED]: { ...appended, images: "unlabelled" },
  };
}

/** A stream that the method asks for, of the run's data or of that which is configured for it. */
function requested(
  config: RunConfig,
  data: RunData,
  runLabels: LabelAssignment,
  name: string,
  { batchSize, size, split = TRAIN_SPLIT, images, labels, views, arrays, frames }: StreamRequest,
): StreamPlan {
  const other = data.beside?.[name];
  return {
    ...plain(config, data),
    ...(other && { source: other.source }),
    ...viewSizeOf(data.size, size),
    tasks: labels === true ? data.tasks.map(({ name }) => name) : [],
    // Images of the training split show no label that the run may not see, and are chosen by those that it
    // may.
    labels: split === TRAIN_SPLIT && other === undefined ? runLabels : null,
    split,
    images,
    batchSize: batchSize ?? imagesPerBatch(config),
    arrays,
    frames: enoughFrames(frames, networkOf(config)),
    views: filledViews(config, views),
  };
}

/**
 * Everything that decides what a run's batches are. RangeError where a method gives a stream a name that is
 * taken.
 */
export function batchPlan(config: RunConfig, data: RunData, labels: LabelAssignment): BatchPlan {
  const { method, options } = methodOf(config);
  const own = configured(config, data, labels);
  const further = Object.entries(method.streams?.(options) ?? {}).map(([name, request]) => {
    if (name === MAIN_STREAM || name === APPENDED || /^(view|frame)\d+$/.test(name)) {
      throw new RangeError(`a method cannot call a stream ${name}`);
    }
    return [name, requested(config, data, labels, name, request)] as const;
  });
  return { streams: { ...own, ...Object.fromEntries(further) }, seed: config.seed };
}

/** The dataset that a stream draws from. */
function datasetOf(data: Pick<RunData, "dataset" | "beside">, stream: string): Dataset {
  return data.beside?.[stream]?.dataset ?? data.dataset;
}

/** How many samples each stream draws from, with those that are appended to it. */
export function samplesOf(config: RunConfig, data: RunData, labels: LabelAssignment): Record<string, number> {
  const plan = batchPlan(config, data, labels);
  const count = (name: string) => poolOf(name, plan.streams[name], datasetOf(data, name)).samples.length;
  return Object.fromEntries(
    Object.entries(joinedStreams(plan)).map(([head, members]) => [
      head,
      members.map(count).reduce((sum, each) => sum + each),
    ]),
  );
}

/** Batches in which every sample of `main` comes once, but for those that fill no batch. */
export function batchesPerEpoch(config: RunConfig, data: RunData, labels: LabelAssignment): number {
  const main = configured(config, data, labels)[MAIN_STREAM];
  return stepsPerEpoch(poolOf(MAIN_STREAM, main, data.dataset).samples.length, main.batchSize);
}

/** The batches a run trains on, from `start` on. Bad files are skipped: they must not end a long run. */
export function openTrainingLoader(
  config: RunConfig,
  data: RunData,
  labels: LabelAssignment,
  start?: Positions,
): Promise<Loader> {
  const { workers } = config.runtime;
  return openLoader({ ...batchPlan(config, data, labels), badFiles: "skip", start, workers });
}

/**
 * @file What the batches of a run are: named streams, each with its own images, size and pace. Plain data.
 */
import {
  type ExtraArray,
  type FramesPlan,
  givenAmong,
  MAIN_STREAM,
  type StreamLayout,
} from "../../fields/layout.js";
import type { LabelFields } from "../../fields/sample.js";
import type { PillarPlan } from "../../fields/sweep.js";
import { requireAssignment } from "../label-assignment.js";
import type { DatasetSource, LabelAssignment, ViewSpec } from "../types.js";

export interface SamplingPlan {
  readonly balance: "tasks";
}

/** One stream of samples. */
export interface StreamPlan {
  readonly source: DatasetSource;
  readonly split: string;
  /** Which of the split's images by the labels that may be seen; all of them if left out. */
  readonly images?: "labelled" | "unlabelled";
  /** Labels that may be seen: by image, or those of these tasks; null for all there are. */
  readonly labels: LabelAssignment | readonly string[] | null;
  /** The tasks whose arrays a batch has, in this order. */
  readonly tasks: readonly string[];
  /** Samples a batch. */
  readonly batchSize: number;
  /** [height, width] of every image as it is read. */
  readonly size: readonly [number, number];
  /** [height, width] of every view, where augmentations leave another size. */
  readonly viewSize?: readonly [number, number];
  readonly views: readonly ViewSpec[];
  /** Samples are clips of that many frames, changed alike; single images if left out. */
  readonly frames?: FramesPlan;
  /**
   * How samples are chosen: `balance: "tasks"` gives every batch a labelled sample of each task, where that
   * can be. Of `main` alone.
   */
  readonly sampling?: SamplingPlan;
  /** Arrays beside images and labels. */
  readonly arrays?: readonly ExtraArray[];
  /** How sweeps become arrays; left out where images are what is learned from. */
  readonly pillars?: PillarPlan;
  /**
   * The stream whose batches end with these samples; they have no arrays of their own. Both plan the same
   * tasks, views, frames and arrays.
   */
  readonly appendTo?: string;
}

/** Everything that decides what the batches of a run are. */
export interface BatchPlan {
  readonly streams: Readonly<Record<string, StreamPlan>>;
  readonly seed: number;
  /**
   * What becomes of files that are damaged or do not fit: `refuse` (the default) throws; `skip` takes a label
   * for one that is not there, the next sample in place of one whose image is bad, and says so in the batch.
   */
  readonly badFiles?: "refuse" | "skip";
}

/** The streams that have arrays, each with those whose samples stand in them: its own first. */
export function joinedStreams({ streams }: BatchPlan): Record<string, readonly string[]> {
  const heads = Object.keys(streams).filter((name) => streams[name].appendTo === undefined);
  return Object.fromEntries(
    heads.map((head) => {
      const appended = Object.keys(streams).filter((name) => streams[name].appendTo === head);
      const shared = ({ tasks, views, frames, arrays, size, viewSize, pillars }: StreamPlan) =>
        JSON.stringify([tasks, views, frames, arrays, size, viewSize, pillars]);
      const stray = appended.find((name) => shared(streams[name]) !== shared(streams[head]));
      if (stray !== undefined) throw new RangeError(`stream ${stray} plans other arrays than ${head}`);
      return [head, [head, ...appended]];
    }),
  );
}

/** The arrays of a stream's batches. `labels` are the fields of the dataset's tasks. */
export function layoutOf(plan: StreamPlan, samples: number, labels: LabelFields): StreamLayout {
  const { arrays = [], viewSize = plan.size } = plan;
  const [height, width] = viewSize;
  return {
    samples,
    size: { height, width },
    given: givenAmong(arrays, plan.pillars),
    labels: Object.fromEntries(plan.tasks.map((task) => [task, labels[task]])),
    index: arrays.includes("index"),
    turns: arrays.includes("turns"),
    frames: plan.frames?.count ?? 1,
    views: plan.views.map(({ from }) => ({ placed: from !== "sample" })),
  };
}

/**
 * Throws RangeError on what no caller should give (no stream, no view, a batch of none, samples appended to
 * nothing), TypeError on labels that are no plain record.
 */
export function requirePlan({ streams }: BatchPlan): void {
  if (!Object.hasOwn(streams, MAIN_STREAM)) throw new RangeError(`a loader needs a stream ${MAIN_STREAM}`);
  for (const [name, { batchSize, views, frames, appendTo, labels }] of Object.entries(streams)) {
    requireAssignment(labels, `labels of ${name}`);
    if (!Number.isInteger(batchSize) || batchSize < 1)
      throw new RangeError(`batchSize of ${name} is ${batchSize}`);
    if (views.length === 0) throw new RangeError(`${name} needs at least one view`);
    if (frames !== undefined && ![frames.count, frames.step].every((n) => Number.isInteger(n) && n >= 1)) {
      throw new RangeError(`${name} draws ${frames.count} frames ${frames.step} apart`);
    }
    if (name !== MAIN_STREAM && streams[name].sampling !== undefined) {
      throw new RangeError(`only ${MAIN_STREAM} can be balanced`);
    }
    if (appendTo === undefined) continue;
    if (streams[appendTo]?.appendTo !== undefined || !Object.hasOwn(streams, appendTo)) {
      throw new RangeError(`${name} is appended to ${appendTo}, which has no arrays`);
    }
  }
}

/** @file What a dataset and a batch are. */
import type { Resize } from "../fields/resize.js";
import type { Sample } from "../fields/sample.js";
import type { SweepPlan } from "../fields/sweep.js";
import type { TaskSpec } from "../tasks/task.js";
import type { Sequences } from "./sequences.js";
import type { SweepSource } from "./sweeps/source.js";

export type { Placement } from "../fields/placement.js";
export type { Pose } from "../fields/pose.js";
export type { Sample } from "../fields/sample.js";

export interface DatasetInfo {
  readonly name: string;
  readonly tasks: Readonly<Record<string, TaskSpec>>;
  /** Tasks whose labels follow from what else is known: a run has them where it names them. */
  readonly derived?: Readonly<Record<string, TaskSpec>>;
  /** Sample ids by split, in a fixed order. */
  readonly splits: Readonly<Record<string, readonly string[]>>;
  /** Which samples follow one another in time, where the dataset says so. */
  readonly sequences?: Sequences;
}

/** An opened dataset. Reading the same sample twice gives the same values. */
export interface Dataset {
  readonly info: DatasetInfo;
  /** Names of the tasks that have a label file for this sample (without reading it). */
  labelledTasks(split: string, id: string): Promise<readonly string[]>;
  /**
   * Reads an image and the labels of `tasks` that exist, at file resolution unless the dataset was opened
   * with a size. Throws UserError naming the file where one is damaged or does not fit.
   */
  read(split: string, id: string, tasks: readonly string[]): Promise<Sample>;
}

/** Plain data that opens the same dataset again, e.g. in a worker thread. */
export interface DatasetSource {
  /** Name in the registry of formats; `folder` is the project's own. */
  readonly format: string;
  readonly path: string;
  /** Resize every sample to [height, width] on reading (labels by their task's rule, camera scaled along). */
  readonly size?: readonly [number, number];
  /**
   * How: `squash` if left out. With `crop` samples are read at their own size, for batches to take parts of;
   * with `middle` the middle part of each is read.
   */
  readonly resize?: Resize | "middle";
  /** Read LiDAR sweeps instead of images: pictures of them from above, and boxes as labels. */
  readonly sweeps?: SweepPlan;
  /** Read beside images what a LiDAR hit of what they show. */
  readonly scan?: boolean;
}

/** A public dataset layout. One file in `formats/`, one line in its registry. */
export interface DatasetFormat {
  readonly name: string;
  /** Throws UserError where `path` is no such dataset. */
  open(path: string): Promise<Dataset>;
  /** Its LiDAR sweeps, where it has any. */
  openSweeps?(path: string): Promise<SweepSource>;
}

/** Which labels are kept: sample id -> names of the tasks labelled. Saved as labels.json. */
export type LabelAssignment = Readonly<Record<string, readonly string[]>>;

/** Which sample of a dataset. */
export interface SampleName {
  readonly split: string;
  readonly id: string;
}

/** One named array of a batch. */
export interface BatchArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A batch, ready to be fed. `fields/layout.ts` names its arrays: `image` [N,3,H,W]; for each task t `t.label`
 * [N,L,H,W] (zeros where not labelled), `t.valid` [N,1,H,W] (0 everywhere for unlabelled samples),
 * `t.labelled` [N] (0 or 1). Further views of the same samples carry the prefix `view1.`, `view2.`, ...;
 * those made from an earlier view also have `placement` [N,5]. Streams other than `main` put their names
 * before all that.
 */
export interface Batch {
  /** The samples of each stream, in the order in which they stand in its arrays. */
  readonly drawn: Readonly<Record<string, readonly SampleName[]>>;
  readonly arrays: Readonly<Record<string, BatchArray>>;
  /** Files that were to be used and could not be, where the plan skips them. */
  readonly skipped?: readonly SkippedFile[];
}

/** An image or a label that was not used. */
export interface SkippedFile extends SampleName {
  /** The task whose label it is; null for the image. */
  readonly task: string | null;
  /** Why, in one line, with the file's name. */
  readonly reason: string;
}

/** An augmentation of the registry with its checked options. */
export interface NamedAugmentation {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** One view of each sample in a batch. */
export interface ViewSpec {
  /** What it is made from: the sample itself or an earlier view. */
  readonly from: "sample" | number;
  readonly augmentations: readonly NamedAugmentation[];
}

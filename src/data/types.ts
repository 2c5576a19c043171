/** @file What a dataset, a sample and a batch are. */
import type { PinholeCamera } from "../geometry/camera.js";
import type { LabelMap, TaskSpec } from "../tasks/task.js";
import type { Sequences } from "./sequences.js";

/** One image with whatever labels it has. */
export interface Sample {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** The image's size before it was resized; left out where it was not. */
  readonly fileSize?: { readonly width: number; readonly height: number };
  /** Planar RGB [3, height, width] in [0, 1]. */
  readonly image: Float32Array;
  /** By task name; a task that is not there is not labelled. */
  readonly labels: Readonly<Record<string, LabelMap>>;
  readonly camera?: PinholeCamera;
}

export interface DatasetInfo {
  readonly name: string;
  readonly tasks: Readonly<Record<string, TaskSpec>>;
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
   * Reads an image and the labels of `tasks` that exist, at file resolution unless the dataset was opened with a size.
   * Throws UserError naming the file where one is damaged or does not fit.
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
}

/** A public dataset layout. One file in `formats/`, one line in its registry. */
export interface DatasetFormat {
  readonly name: string;
  /** Throws UserError where `path` is no such dataset. */
  open(path: string): Promise<Dataset>;
}

/** Which labels are kept: sample id -> names of the tasks labelled. Saved as labels.json. */
export type LabelAssignment = Readonly<Record<string, readonly string[]>>;

/** One named array of a batch. */
export interface BatchArray {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A batch, ready to be fed. Array names: `image` [N,3,H,W]; for each task t `t.label` [N,L,H,W] (zeros where not labelled),
 * `t.valid` [N,1,H,W] (0 everywhere for unlabelled samples), `t.labelled` [N] (0 or 1). Further views of the same samples carry the
 * prefix `view1.`, `view2.`, ...; those made from an earlier view also have `placement` [N,5], the fields of `Placement` in their order.
 */
export interface Batch {
  readonly ids: readonly string[];
  readonly arrays: Readonly<Record<string, BatchArray>>;
}

/**
 * Where a view lies in the view it is made from: its pixel (x, y) shows what (xStep·x + xStart, yStep·y + yStart) shows there, in pixels,
 * centres at whole numbers. A negative xStep is a mirror image. Things look `enlargement` times as large.
 */
export interface Placement {
  readonly xStep: number;
  readonly xStart: number;
  readonly yStep: number;
  readonly yStart: number;
  readonly enlargement: number;
}

/** One view of each sample in a batch. */
export interface ViewSpec {
  /** What is cropped: the sample itself or an earlier view. */
  readonly from: "sample" | number;
  /** Random scale crop by one of these factors (1 = no crop); empty for none. */
  readonly scales: readonly number[];
  /** Probability of a left-right flip. */
  readonly flip: number;
  /** Number of random photometric operations (RandAugment without geometry); 0 for none. */
  readonly photometric: number;
}

/** @file The third part of a task: its metrics. */
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import type { LabelMap, PredictionMap } from "./maps.js";
import type { TaskSpec } from "./spec.js";

export interface TaskMeasuring<S extends TaskSpec = TaskSpec> {
  readonly infos: readonly MetricInfo[];
  /** Name of the metric that stands for the task in Delta%. One of `infos`. */
  readonly primary: string;
  /**
   * Whether an image alone has no such metrics: they are of the whole set, e.g. of a trajectory or of the
   * threshold that is best for all images.
   */
  readonly wholeSet?: boolean;
  /** `options` that mean nothing to the task are left aside. */
  accumulator(spec: S, options?: MeasuringOptions): MetricAccumulator;
}

/** How predictions are measured, where that is not as they stand. */
export interface MeasuringOptions {
  /**
   * Multiplies the predicted depths of each image by median(labels) / median(predictions) over its valid
   * pixels: networks that learned depth from video alone know it up to a factor (Zhou et al. 2017).
   */
  readonly medianScaling?: boolean;
  /** Measures classes in groups, e.g. those that two data sets share. */
  readonly classes?: ClassGroups;
}

/** Classes that count as one another. */
export interface ClassGroups {
  /** Names of the groups. */
  readonly classes: readonly string[];
  /**
   * By the task's class: its group, or -1 for none. What belongs to none is wrong wherever it is predicted.
   */
  readonly of: readonly number[];
}

export interface MetricInfo {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  /** Of some data sets alone: tables leave it out where no run has a number. */
  readonly special?: boolean;
}

/**
 * Measures images one after another; `result` may be asked at any time. A metric without a single valid pixel
 * is NaN. Metrics of a whole set (trajectories, the best threshold of all images) may keep what they need of
 * each image, copied: prediction and label are views of memory that the next batch overwrites.
 */
export interface MetricAccumulator {
  update(prediction: PredictionMap, label: LabelMap, image: MeasuredImage): void;
  result(): Record<string, number>;
  /** What is behind the numbers of a task with classes. */
  perClass?(): ClassResults;
}

/** How a task with classes fared class by class. */
export interface ClassResults {
  readonly classes: readonly string[];
  /** Intersection over union in percent; NaN for a class that is neither labelled nor predicted. */
  readonly iou: readonly number[];
  /**
   * Pixels: rows are labels, columns predictions. A last column without a class holds what was predicted as
   * none of them, where that can be.
   */
  readonly confusion: readonly (readonly number[])[];
}

/** The image that a prediction and a label belong to. Both maps are of the size that the network works at. */
export interface MeasuredImage {
  /** Unique within the split. */
  readonly id: string;
  /** The image's own size in pixels, before it was resized for the network. */
  readonly width: number;
  readonly height: number;
  /** Where it stands in time; left out where the dataset says of no sequence that it holds the image. */
  readonly sequence?: SequencePlace;
  /** Of a LiDAR sweep: the camera beside the sensor, where it is known. */
  readonly view?: CameraView;
}

/** A place among images that follow one another. */
export interface SequencePlace {
  /** Which of the split's sequences, from 0 on. */
  readonly index: number;
  /** The sequence's name, if it has one. */
  readonly name?: string;
  /** From 0 on, in order of time. */
  readonly frame: number;
  /** Seconds. */
  readonly timestamp?: number;
}

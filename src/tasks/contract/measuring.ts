/** @file The third part of a task: its metrics. */
import type { LabelMap, PredictionMap } from "./maps.js";
import type { TaskSpec } from "./spec.js";

export interface TaskMeasuring<S extends TaskSpec = TaskSpec> {
  readonly infos: readonly MetricInfo[];
  /** Name of the metric that stands for the task in Delta%. One of `infos`. */
  readonly primary: string;
  accumulator(spec: S): MetricAccumulator;
}

export interface MetricInfo {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/**
 * Measures images one after another; `result` may be asked at any time. A metric without a single valid pixel
 * is NaN. Metrics of a whole set (trajectories, the best threshold of all images) may keep what they need of
 * each image, copied: prediction and label are views of memory that the next batch overwrites.
 */
export interface MetricAccumulator {
  update(prediction: PredictionMap, label: LabelMap, image: MeasuredImage): void;
  result(): Record<string, number>;
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

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

/** Sums over images; `result` may be asked at any time. A metric without a single valid pixel is NaN. */
export interface MetricAccumulator {
  update(prediction: PredictionMap, label: LabelMap): void;
  result(): Record<string, number>;
}

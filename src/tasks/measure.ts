/** @file From a task to what measures it: over all pixels of a set alike, or image by image. */
import type { MeasuringOptions, MetricAccumulator, Task } from "./task.js";

/** What a metric of a set of images is a mean over. */
export const METRIC_MEANS = ["pixels", "images"] as const;

/** How a set of images is measured. */
export interface Measuring extends MeasuringOptions {
  /**
   * `images`: each image's own metrics, then their mean over the images that have them, as XTasC-Net's code
   * has mIoU and CompL's RMSE; `pixels` (default): over all valid pixels of the set. Metrics that are of the
   * whole set stay so.
   */
  readonly mean?: (typeof METRIC_MEANS)[number];
}

/** Measures a task over a set of images. */
export function taskAccumulator(
  task: Task,
  { mean = "pixels", ...options }: Measuring = {},
): MetricAccumulator {
  const { kind, spec } = task;
  const whole = kind.metrics.accumulator(spec, options);
  if (mean === "pixels" || kind.metrics.wholeSet) return whole;
  const names = kind.metrics.infos.map(({ name }) => name);
  const sums = Object.fromEntries(names.map((name) => [name, { sum: 0, count: 0 }]));
  return {
    update(prediction, label, image) {
      whole.update(prediction, label, image);
      const own = kind.metrics.accumulator(spec, options);
      own.update(prediction, label, image);
      const result = own.result();
      for (const name of names) {
        if (Number.isNaN(result[name])) continue;
        sums[name].sum += result[name];
        sums[name].count++;
      }
    },
    result: () => Object.fromEntries(names.map((name) => [name, sums[name].sum / sums[name].count])),
    ...(whole.perClass && { perClass: whole.perClass }),
  };
}

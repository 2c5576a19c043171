/** @file Metrics of segmentation: the confusion matrix of a set, and what follows from it. */
import { classResults } from "./class-results.js";
import { highestChannel, percent, requireSameSize } from "./maps.js";
import type { ClassGroups, MetricAccumulator, MetricInfo } from "./task.js";

export const segmentationMetrics: readonly MetricInfo[] = [
  { name: "mIoU", unit: "%", better: "higher" },
  { name: "pixelAccuracy", unit: "%", better: "higher" },
];

/**
 * Measures the classes of `groups`, to which labels and predictions are brought. Labels of classes in no
 * group are left out; predictions of those are wrong.
 */
export function confusionAccumulator({ classes, of }: ClassGroups): MetricAccumulator {
  const none = classes.length;
  const columns = of.includes(-1) ? none + 1 : none;
  // Rows are labels, columns predictions.
  const confusion = classes.map(() => new Float64Array(columns));
  const perClass = () =>
    classResults(
      classes,
      confusion.map((row) => [...row]),
    );
  return {
    update(prediction, label) {
      requireSameSize(prediction, label);
      const predicted = highestChannel(prediction);
      for (let pixel = 0; pixel < label.valid.length; pixel++) {
        const row = label.valid[pixel] === 1 ? of[label.data[pixel]] : -1;
        if (row === -1) continue;
        const column = of[predicted[pixel]];
        confusion[row][column === -1 ? none : column]++;
      }
    },
    result() {
      const { iou } = perClass();
      const present = iou.filter((value) => !Number.isNaN(value));
      const correct = confusion.reduce((sum, row, k) => sum + row[k], 0);
      const pixels = confusion.reduce((sum, row) => sum + row.reduce((a, b) => a + b, 0), 0);
      return {
        mIoU: present.reduce((sum, value) => sum + value, 0) / present.length,
        pixelAccuracy: percent(correct, pixels),
      };
    },
    perClass,
  };
}

/** Every class in a group of its own. */
export function eachClass(classes: readonly string[]): ClassGroups {
  return { classes, of: classes.map((_, k) => k) };
}

/** @file From a confusion matrix to the results of each class. */
import type { ClassResults } from "./contract/measuring.js";
import { percent } from "./maps.js";

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The results that a confusion matrix of pixels stands for: rows are labels, columns predictions. */
export function classResults(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
): ClassResults {
  const iou = classes.map((_, k) => {
    const [labelled, predicted] = [sum(confusion[k]), sum(confusion.map((row) => row[k]))];
    return percent(confusion[k][k], labelled + predicted - confusion[k][k]);
  });
  return { classes, iou, confusion };
}

/** The results of two sets of images together; of the second alone where there is no first. */
export function sumOfClassResults(first: ClassResults | undefined, second: ClassResults): ClassResults {
  if (first === undefined) return second;
  const confusion = first.confusion.map((row, r) => row.map((count, c) => count + second.confusion[r][c]));
  return classResults(second.classes, confusion);
}

/** @file Images and predictions as they are drawn: no larger than one looks at, whatever was measured. */
import { resizeSample } from "../../data/resize.js";
import type { Sample } from "../../data/types.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import { rowsAtSize } from "../predict/enlarge.js";

/** A sample and what the network made of it. */
export interface DrawnSample {
  readonly sample: Sample;
  readonly predictions: Readonly<Record<string, PredictionMap>>;
}

/** Longest side of a picture, pixels. */
const LONGEST = 1024;

/**
 * Both scaled down where they are larger, labels by their tasks' rules. Pictures of sweeps stay as they are.
 */
export function drawnSize(
  { sample, predictions }: DrawnSample,
  tasks: readonly Task[],
  longest = LONGEST,
): DrawnSample {
  const scale = longest / Math.max(sample.height, sample.width);
  if (scale >= 1 || sample.sweep !== undefined) return { sample, predictions };
  const [height, width] = [sample.height, sample.width].map((side) => Math.max(1, Math.round(side * scale)));
  const ofTasks = <T>(values: Readonly<Record<string, T>>, change: (value: T, task: Task) => T) =>
    Object.fromEntries(
      tasks
        .filter(({ name }) => Object.hasOwn(values, name))
        .map((task) => [task.name, change(values[task.name], task)]),
    );
  const labels = ofTasks(sample.labels, (label) => label);
  const specs = Object.fromEntries(tasks.map(({ name, spec }) => [name, spec]));
  return {
    sample: resizeSample({ ...sample, labels }, specs, [height, width]),
    predictions: ofTasks(predictions, (map, { kind }) => rowsAtSize(map, kind, { height, width })(0, height)),
  };
}

/** Copies of what a predictor gives: its maps share memory with those of the next images. */
export const copiedMaps = (maps: DrawnSample["predictions"]): Record<string, PredictionMap> =>
  Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, { ...map, data: map.data.slice() }]));

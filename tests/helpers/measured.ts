import type { LabelMap, MeasuredImage } from "../../src/tasks/task.js";

/** The image of a label that was not resized. */
export function imageOf({ width, height }: LabelMap, id = "0"): MeasuredImage {
  return { id, width, height };
}

/** @file Samples at another size: image, labels by their kind's rule, camera along with them. */
import { UserError } from "../common/errors.js";
import { movedSample } from "../fields/sample.js";
import { labelFields } from "../tasks/label-field.js";
import type { TaskSpec } from "../tasks/task.js";
import type { Dataset, Sample } from "./types.js";

/**
 * The sample stretched to `height` x `width`: image box-bilinear, labels by their task's rule, camera scaled
 * along.
 */
export function resizeSample(
  sample: Sample,
  specs: Readonly<Record<string, TaskSpec>>,
  [height, width]: readonly [number, number],
): Sample {
  if (sample.height === height && sample.width === width) return sample;
  // A stretched image shows the same scene from the same place: nothing looks larger.
  const resized = movedSample(sample, labelFields(specs), { kind: "stretch", height, width, enlargement: 1 });
  return { ...resized, fileSize: sample.fileSize ?? { width: sample.width, height: sample.height } };
}

/**
 * The same dataset with every sample at `size` = [height, width]. Throws UserError on a size that is none.
 */
export function resizedDataset(dataset: Dataset, size: readonly [number, number]): Dataset {
  if (!size.every((side) => Number.isInteger(side) && side > 0 && side <= 16384)) {
    throw new UserError({
      code: "data.bad-size",
      what: "not a usable image size",
      where: "data.size",
      expected: "[height, width], whole numbers from 1 to 16384",
      got: JSON.stringify(size),
    });
  }
  return {
    ...dataset,
    info: dataset.info,
    labelledTasks: (split, id) => dataset.labelledTasks(split, id),
    read: async (split, id, tasks) =>
      resizeSample(await dataset.read(split, id, tasks), dataset.info.tasks, size),
  };
}

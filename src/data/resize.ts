/** @file Samples at another size: image, labels by their kind's rule, camera along with them. */
import { UserError } from "../common/errors.js";
import { scaledCamera } from "../geometry/camera.js";
import { taskKind } from "../tasks/index.js";
import type { LabelMap, TaskSpec } from "../tasks/task.js";
import { nearestTaps, resample, resampleLabel, triangleTaps } from "./resample.js";
import type { Dataset, Sample } from "./types.js";

function resizeLabel(label: LabelMap, spec: TaskSpec, height: number, width: number): LabelMap {
  const kind = taskKind(spec.kind);
  const taps = kind.files.interpolation === "nearest" ? nearestTaps : triangleTaps;
  // A stretched image shows the same scene from the same place: factor 1 only mends what averaging broke.
  return kind.files.scaled(resampleLabel(label, taps(label.height, height), taps(label.width, width)), 1);
}

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
  const labels = Object.entries(sample.labels).map(
    ([task, label]) => [task, resizeLabel(label, specs[task], height, width)] as const,
  );
  return {
    id: sample.id,
    width,
    height,
    fileSize: sample.fileSize ?? { width: sample.width, height: sample.height },
    image: resample(
      sample.image,
      3,
      sample.height,
      sample.width,
      triangleTaps(sample.height, height),
      triangleTaps(sample.width, width),
    ),
    labels: Object.fromEntries(labels),
    ...(sample.camera && {
      camera: scaledCamera(sample.camera, width / sample.width, height / sample.height),
    }),
  };
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

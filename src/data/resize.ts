/** @file Samples at another size: image, labels by their kind's rule, camera along with them. */
import { UserError } from "../common/errors.js";
import type { Move } from "../fields/move.js";
import { framed, middleCrop, scaledToFit } from "../fields/resize.js";
import { movedSample } from "../fields/sample.js";
import type { Size } from "../fields/size.js";
import { labelFields } from "../tasks/label-field.js";
import type { TaskSpec } from "../tasks/task.js";
import { knownTasks, withDerivedTasks } from "./derived-tasks.js";
import type { Dataset, DatasetSource, Sample } from "./types.js";

type Specs = Readonly<Record<string, TaskSpec>>;

/** The sample after a move that leaves another size; it remembers that of its file. */
function resizedBy(sample: Sample, specs: Specs, move: Move): Sample {
  const { width, height, fileSize = { width, height } } = sample;
  return { ...movedSample(sample, labelFields(specs), move), fileSize };
}

/**
 * The sample stretched to `height` x `width`: image box-bilinear, labels by their task's rule, camera scaled
 * along.
 */
export function resizeSample(
  sample: Sample,
  specs: Specs,
  [height, width]: readonly [number, number],
): Sample {
  if (sample.height === height && sample.width === width) return sample;
  // A stretched image shows the same scene from the same place: nothing looks larger.
  return resizedBy(sample, specs, { kind: "stretch", height, width, enlargement: 1 });
}

/** The dataset with a move of each sample, by its size. */
function movedDataset(dataset: Dataset, moveOf: (size: Size) => Move): Dataset {
  const specs = knownTasks(dataset.info);
  const read: Dataset["read"] = async (split, id, tasks) => {
    const sample = await dataset.read(split, id, tasks);
    return resizedBy(sample, specs, moveOf(sample));
  };
  return { ...dataset, read };
}

function requireUsable(size: readonly [number, number]): void {
  if (size.every((side) => Number.isInteger(side) && side > 0 && side <= 16384)) return;
  throw new UserError({
    code: "data.bad-size",
    what: "not a usable image size",
    where: "data.size",
    expected: "[height, width], whole numbers from 1 to 16384",
    got: JSON.stringify(size),
  });
}

/**
 * The same dataset with every sample at the size that the source asks for, and the tasks that follow from the
 * rest. What surrounds a letterboxed image is invalid in every label, of derived tasks too. Throws UserError
 * on a size that is none.
 */
export function resizedDataset(dataset: Dataset, { size, resize = "squash" }: DatasetSource): Dataset {
  if (size === undefined) return withDerivedTasks(dataset);
  requireUsable(size);
  const frame = { height: size[0], width: size[1] };
  switch (resize) {
    case "crop":
      return withDerivedTasks(dataset);
    case "middle":
      return movedDataset(withDerivedTasks(dataset), (own) => middleCrop(own, frame));
    case "letterbox": {
      const scaled = movedDataset(dataset, (own) => scaledToFit(own, frame));
      return movedDataset(withDerivedTasks(scaled), (inner) => framed(inner, frame));
    }
    case "squash": {
      const specs = knownTasks(dataset.info);
      const read: Dataset["read"] = async (split, id, tasks) =>
        resizeSample(await dataset.read(split, id, tasks), specs, size);
      return withDerivedTasks({ ...dataset, read });
    }
  }
}

/** The source with all samples of one size: the middle of images that batches take random parts of. */
export function withoutCrops(source: DatasetSource): DatasetSource {
  return source.resize === "crop" ? { ...source, resize: "middle" } : source;
}

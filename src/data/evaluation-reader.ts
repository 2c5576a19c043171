/** @file A split in its order, with every label it has: what evaluation reads. */
import { UserError } from "../common/errors.js";
import type { MeasuredImage } from "../tasks/task.js";
import { openDataset } from "./formats/index.js";
import { unknownName } from "./names.js";
import { sequencePlaces } from "./sequences.js";
import { readSound } from "./sound-samples.js";
import type { DatasetSource, Sample, SkippedFile } from "./types.js";

export interface SplitReader extends AsyncIterable<Sample> {
  readonly ids: readonly string[];
  /** What metrics may know of a sample's image. */
  measured(sample: Sample): MeasuredImage;
}

/**
 * Opens a split for evaluation: samples in the split's order, unchanged, with all labels of `tasks`. The next
 * sample is decoded while the caller works on this one. Throws UserError on unknown names, and while
 * iterating on damaged files, unless `onSkipped` is there to be told of them: then images and labels that
 * cannot be read are left out.
 */
export async function openSplit(
  source: DatasetSource,
  split: string,
  tasks: readonly string[],
  onSkipped?: (skipped: readonly SkippedFile[]) => void,
): Promise<SplitReader> {
  const dataset = await openDataset(source);
  const { name, splits, sequences } = dataset.info;
  if (!Object.hasOwn(splits, split)) throw unknownName("split", split, Object.keys(splits), name);
  const ids = splits[split];
  const places = sequencePlaces(sequences, split);
  const measured = ({ id, width, height, fileSize }: Sample): MeasuredImage => ({
    id,
    ...(fileSize ?? { width, height }),
    sequence: places.get(id),
  });
  const read = async (id: string): Promise<Sample | undefined> => {
    if (onSkipped === undefined) return await dataset.read(split, id, tasks);
    try {
      const { sample, skipped } = await readSound(dataset, split, id, tasks);
      if (skipped.length > 0) onSkipped(skipped);
      return sample;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      onSkipped([{ split, id, task: null, reason: error.message }]);
      return undefined;
    }
  };
  async function* iterate(): AsyncGenerator<Sample> {
    const start = (index: number) => {
      if (index >= ids.length) return undefined;
      const reading = read(ids[index]);
      // The error belongs to whoever asks for this sample; until then it is nobody's unhandled rejection.
      reading.catch(() => undefined);
      return reading;
    };
    let next = start(0);
    for (let index = 1; next !== undefined; index++) {
      const current = await next;
      next = start(index);
      if (current !== undefined) yield current;
    }
  }
  return { ids, measured, [Symbol.asyncIterator]: iterate };
}

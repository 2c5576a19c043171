/**
 * @file A split in its order, with every label it has, one image or several frames at a time: what evaluation
 * reads.
 */
import { UserError } from "../common/errors.js";
import { type PillarPlan, pillarArray, type Sweep } from "../fields/sweep.js";
import type { MeasuredImage } from "../tasks/task.js";
import { openDataset } from "./formats/index.js";
import { clipsOf } from "./loading/clips.js";
import { requireGiven, requireSize } from "./loading/stack.js";
import { unknownName } from "./names.js";
import { sequencePlaces } from "./sequences.js";
import { readSound } from "./sound-samples.js";
import type { DatasetSource, Sample, SkippedFile } from "./types.js";

/** A sample as a network takes it. */
export interface ClipSample extends Sample {
  /** Planar [3·frames,H,W]: its own image and those of the frames after it; or pillars of its sweep. */
  readonly clip: Float32Array;
}

export interface SplitReader extends AsyncIterable<ClipSample> {
  /** Of single images, or of the first frame of each clip. */
  readonly ids: readonly string[];
  /** What metrics may know of a sample's image. */
  measured(sample: Sample): MeasuredImage;
}

/**
 * Opens a split for evaluation: samples in the split's order, unchanged, with all labels of `tasks`; with
 * `frames` above 1, those that so many frames of a sequence begin with, and with `pillars` as such; `most`:
 * only so many, evenly over the split. The next sample is decoded while the caller works on this one. Throws
 * UserError on unknown names, where frames are wanted and no sequence has them, and while iterating on
 * damaged files, unless `onSkipped` is there to be told of them: then images and labels that cannot be read
 * are left out, and clips with such an image.
 */
export async function openSplit(
  source: DatasetSource,
  split: string,
  tasks: readonly string[],
  onSkipped?: (skipped: readonly SkippedFile[]) => void,
  {
    frames = 1,
    most = Number.POSITIVE_INFINITY,
    pillars,
  }: { readonly frames?: number; readonly most?: number; readonly pillars?: PillarPlan } = {},
): Promise<SplitReader> {
  const dataset = await openDataset(source);
  const { name, splits, sequences } = dataset.info;
  if (!Object.hasOwn(splits, split)) throw unknownName("split", split, Object.keys(splits), name);
  const all =
    frames === 1 ? splits[split].map((id) => [id]) : clipsOf(dataset, split, { count: frames, step: 1 });
  const every = Math.ceil(all.length / most);
  const clips = all.filter((_, i) => every <= 1 || i % every === 0);
  const places = sequencePlaces(sequences, split);
  const measured = ({ id, width, height, fileSize, view }: Sample): MeasuredImage => ({
    id,
    ...(fileSize ?? { width, height }),
    sequence: places.get(id),
    ...(view && { view }),
  });
  const readFrame = async (id: string): Promise<Sample | undefined> => {
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
  const recent = new RecentReads(readFrame, frames);
  const read = async (clip: readonly string[]): Promise<ClipSample | undefined> => {
    const samples: Sample[] = [];
    for (const id of clip) {
      const sample = await recent.read(id);
      if (sample === undefined) return undefined;
      samples.push(sample);
    }
    try {
      const clip =
        pillars === undefined
          ? stackedImages(samples, split)
          : pillarArray(requireGiven(samples[0], "sweep") as Sweep, pillars);
      return { ...samples[0], clip };
    } catch (error) {
      if (!(error instanceof UserError) || onSkipped === undefined) throw error;
      onSkipped([{ split, id: clip[0], task: null, reason: error.message }]);
      return undefined;
    }
  };
  async function* iterate(): AsyncGenerator<ClipSample> {
    const start = (index: number) => {
      if (index >= clips.length) return undefined;
      const reading = read(clips[index]);
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
  return { ids: clips.map(([id]) => id), measured, [Symbol.asyncIterator]: iterate };
}

/** Reads of the last few samples: clips that follow one another share frames. */
class RecentReads {
  readonly #read: (id: string) => Promise<Sample | undefined>;
  readonly #count: number;
  readonly #kept = new Map<string, Promise<Sample | undefined>>();

  constructor(read: (id: string) => Promise<Sample | undefined>, count: number) {
    this.#read = read;
    this.#count = count;
  }

  read(id: string): Promise<Sample | undefined> {
    const reading = this.#kept.get(id) ?? this.#read(id);
    this.#kept.delete(id);
    this.#kept.set(id, reading);
    for (const old of [...this.#kept.keys()].slice(0, -this.#count)) this.#kept.delete(old);
    return reading;
  }
}

/** The images of frames one after another. Throws UserError where they are not of one size. */
function stackedImages(samples: readonly Sample[], split: string): Float32Array {
  const [first] = samples;
  if (samples.length === 1) return first.image;
  const clip = new Float32Array(samples.length * first.image.length);
  samples.forEach((sample, frame) => {
    requireSize({ ...sample, id: `${split}: ${sample.id}` }, first);
    clip.set(sample.image, frame * first.image.length);
  });
  return clip;
}

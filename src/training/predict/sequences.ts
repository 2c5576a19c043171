/**
 * @file Predictions of a network that takes several frames together: the images of a folder, or of a video,
 * are a sequence in their order.
 */
import { dirname, join } from "node:path";
import type { RgbRows } from "../../data/files/rgb.js";
import { replaceFile } from "../../disk/files.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import type { Predicted, PredictedFiles, PredictOptions } from "./files.js";
import { fittedRows } from "./fit.js";
import type { PredictInput } from "./inputs.js";
import { type LoadedModel, tooFewFrames } from "./model.js";
import { type FailedImage, openInput } from "./open-input.js";
import { enlargedStrips } from "./strips.js";
import { writePredictions } from "./write.js";

/** Inputs of one folder each, in the order in which they came. */
function sequencesOf(inputs: readonly PredictInput[]): ReadonlyMap<string, readonly PredictInput[]> {
  const found = new Map<string, PredictInput[]>();
  for (const input of inputs) {
    const folder = dirname(input.name);
    found.set(folder, [...(found.get(folder) ?? []), input]);
  }
  return found;
}

/** A frame that was read, at the network's size. */
interface Frame {
  readonly input: PredictInput;
  readonly image: RgbRows;
  readonly pixels: Float32Array;
}

/** Joins frames as the network takes them. */
function clipOf(frames: readonly Frame[]): Float32Array {
  const { length } = frames[0].pixels;
  const clip = new Float32Array(frames.length * length);
  for (const [i, { pixels }] of frames.entries()) clip.set(pixels, i * length);
  return clip;
}

/**
 * Predicts each sequence frame by frame, each with those that follow it; the last ones have none. Writes what
 * `predictFiles` writes of each frame, and for tasks whose predictions come to a course (a trajectory) that,
 * `<folder>/<task>.trajectory.txt`. A frame that cannot be read ends a sequence's course: what follows it is
 * a course of its own, numbered from 2 on.
 */
export async function predictSequences(
  model: LoadedModel,
  inputs: readonly PredictInput[],
  out: string,
  options: PredictOptions,
): Promise<Predicted> {
  const { signal, onProgress } = options;
  const written: PredictedFiles[] = [];
  const failed: FailedImage[] = [];
  const courses: string[] = [];
  let done = 0;
  onProgress?.(0, inputs.length);
  for (const [folder, frames] of sequencesOf(inputs)) {
    if (frames.length < model.frames) {
      failed.push({
        image: frames[0].path,
        error: tooFewFrames(frames[0].path, model.frames, frames.length),
      });
      continue;
    }
    const log = new CourseLog(model.tasks, join(out, folder), courses);
    let waiting: Frame[] = [];
    for (const input of frames) {
      if (signal?.aborted) break;
      const image = await openInput(input, failed);
      onProgress?.(++done, inputs.length);
      if (image === undefined) {
        waiting = [];
        await log.cut();
        continue;
      }
      const pixels = fittedRows(image, model);
      waiting = [...waiting, { input, image, pixels }].slice(-model.frames);
      if (waiting.length < model.frames) continue;
      const [maps] = await model.predictBatch([clipOf(waiting)]);
      const [first] = waiting;
      const strips = enlargedStrips(model, maps, first.image);
      const base = join(out, first.input.name);
      const tasks = await writePredictions(base, model.tasks, first.image, strips, first.image, options);
      written.push({ image: first.input.shownAs ?? first.input.path, tasks });
      log.add(maps);
    }
    await log.cut();
  }
  return { written, failed, courses };
}

/** Collects the predictions of consecutive frames and writes what they come to. */
class CourseLog {
  readonly #tasks: readonly Task[];
  readonly #folder: string;
  readonly #files: string[];
  #maps: Readonly<Record<string, PredictionMap>>[] = [];
  #parts = 0;

  constructor(tasks: readonly Task[], folder: string, files: string[]) {
    this.#tasks = tasks.filter(({ kind }) => kind.files.course !== undefined);
    this.#folder = folder;
    this.#files = files;
  }

  add(maps: Readonly<Record<string, PredictionMap>>): void {
    const kept = this.#tasks.map(({ name }) => [name, { ...maps[name], data: maps[name].data.slice() }]);
    this.#maps.push(Object.fromEntries(kept));
  }

  /** Writes the course so far; what comes next is another one. */
  async cut(): Promise<void> {
    if (this.#maps.length === 0) return;
    this.#parts++;
    for (const { name, kind, spec } of this.#tasks) {
      const { ending, of } = kind.files.course!;
      const part = this.#parts === 1 ? "" : `.${this.#parts}`;
      const file = join(this.#folder, `${name}${part}.${ending}`);
      const text = of(
        this.#maps.map((maps) => maps[name]),
        spec,
      );
      await replaceFile(file, text);
      this.#files.push(file);
    }
    this.#maps = [];
  }
}

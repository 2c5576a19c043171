/** @file Predictions for many image files; one that cannot be read does not stop the rest. */
import { basename, extname, join, resolve } from "node:path";
import { UserError } from "../../common/errors.js";
import type { RgbRows } from "../../data/files/rgb.js";
import { makeFolder } from "../../disk/files.js";
import type { Size } from "../../fields/size.js";
import type { Task } from "../../tasks/task.js";
import { type LabelledInput, writeAsDataset } from "./as-dataset.js";
import { fittedRows } from "./fit.js";
import type { PredictInput } from "./inputs.js";
import type { LoadedModel } from "./model.js";
import { type FailedImage, openInput } from "./open-input.js";
import { predictSequences } from "./sequences.js";
import { enlargedStrips, type Strips } from "./strips.js";
import { fitsWindow, type Tiling, tiledStrips } from "./tiles.js";
import { predictedPaths, type TaskFilesWritten, type WriteOptions, writePredictions } from "./write.js";

/** Files written for one image. */
export interface PredictedFiles {
  readonly image: string;
  /** By task name. */
  readonly tasks: Readonly<Record<string, TaskFilesWritten>>;
}

export type { FailedImage } from "./open-input.js";

export interface Predicted {
  readonly written: readonly PredictedFiles[];
  /** What the predictions of whole sequences come to, e.g. trajectories. */
  readonly courses?: readonly string[];
  readonly failed: readonly FailedImage[];
}

export interface PredictOptions extends WriteOptions {
  /** Folder of a dataset that photos and predictions make. */
  readonly asDataset?: string;
  /** Images larger than a window keep their resolution: they are predicted window by window. */
  readonly tiling?: Tiling;
  /** Stops after the image at hand. */
  readonly signal?: AbortSignal;
  /** Called with 0 at the start, then after every image. */
  onProgress?(done: number, total: number): void;
}

/** Throws UserError where files of two images would have the same names. */
function requireOwnNames(inputs: readonly PredictInput[]): void {
  const known = new Map<string, string>();
  for (const { path, name } of inputs) {
    const other = known.get(name);
    known.set(name, path);
    if (other === undefined) continue;
    throw new UserError({
      code: "predict.same-name",
      where: path,
      what: `another image is called ${name} too, and their files would overwrite each other`,
      got: other,
      fix: "Predict them into two folders, or name the folder that both lie in.",
    });
  }
}

/** Throws UserError where a prediction would take the place of an image. */
function requireNoImageOverwritten(
  inputs: readonly PredictInput[],
  tasks: readonly Task[],
  out: string,
): void {
  const images = new Set(inputs.map(({ path }) => resolve(path)));
  for (const { name, path } of inputs) {
    const lost = tasks
      .flatMap((task) => predictedPaths(join(out, name), task))
      .find((each) => images.has(resolve(each)));
    if (lost === undefined) continue;
    throw new UserError({
      code: "predict.overwrites",
      where: lost,
      what: `a prediction for ${path} would take the place of this image`,
      fix: "Choose another folder for the predictions.",
    });
  }
}

/** Throws RangeError for a tiling that would never end, or whose windows leave gaps. */
function checkTiling({ size = [1, 1], overlap = 0 }: Tiling): void {
  if (!size.every((side) => Number.isInteger(side) && side >= 1)) {
    throw new RangeError(`a window's size is two whole numbers from 1 on, not ${size}`);
  }
  if (!(overlap >= 0 && overlap <= 0.9)) {
    throw new RangeError(`windows overlap by a share from 0 to 0.9, not ${overlap}`);
  }
}

function noTiles(): UserError {
  return new UserError({
    code: "predict.tiled-frames",
    where: "--tile",
    what: "the model predicts from several frames at once, which windows would tear apart",
    fix: "Leave out --tile.",
  });
}

function noDataset(): UserError {
  return new UserError({
    code: "predict.dataset-of-frames",
    where: "--as-dataset",
    what: "the model predicts what lies between frames, which are no labels of single photos",
    fix: "Leave out --as-dataset.",
  });
}

/**
 * Whether an image is predicted window by window: a larger one where that is asked for, any by a network that
 * knows images at their own resolution alone.
 */
function inWindows(model: LoadedModel, image: Size, tiling: Tiling | undefined): boolean {
  return model.resize === "crop" || (tiling !== undefined && !fitsWindow(model, image, tiling));
}

interface Waiting {
  readonly input: PredictInput;
  readonly image: RgbRows;
  /** At the network's size. */
  readonly pixels: Float32Array;
}

/**
 * Predicts image files and writes, for each one and each task, a coloured picture `<out>/<name>.<task>.png`
 * and the values (see `writePredictions`). A path alone is named by its file name. Images that cannot be read
 * are left out and reported. A model of several frames takes the images of each folder in their order.
 * @throws UserError where two images would share their files, or a file cannot be written.
 */
export async function predictFiles(
  model: LoadedModel,
  images: readonly (string | PredictInput)[],
  out: string,
  options: PredictOptions = {},
): Promise<Predicted> {
  const { tiling, signal, onProgress, asDataset } = options;
  if (tiling !== undefined) checkTiling(tiling);
  const inputs = images.map((each) =>
    typeof each === "string" ? { path: each, name: basename(each, extname(each)) } : each,
  );
  requireOwnNames(inputs);
  requireNoImageOverwritten(inputs, model.tasks, out);
  await makeFolder(out);
  if (model.frames > 1) {
    if (tiling !== undefined) throw noTiles();
    if (asDataset !== undefined) throw noDataset();
    return await predictSequences(model, inputs, out, options);
  }
  onProgress?.(0, inputs.length);
  const written: PredictedFiles[] = [];
  const failed: FailedImage[] = [];
  let waiting: Waiting[] = [];

  const labelled: LabelledInput[] = [];
  const labels = options.labels === true || asDataset !== undefined;
  const write = async (input: PredictInput, image: RgbRows, strips: Strips) => {
    const base = join(out, input.name);
    const tasks = await writePredictions(base, model.tasks, image, strips, image, { ...options, labels });
    labelled.push({ input, tasks });
    written.push({ image: input.shownAs ?? input.path, tasks });
    onProgress?.(written.length + failed.length, inputs.length);
  };
  const writeWaiting = async () => {
    const predictions = await model.predictBatch(waiting.map(({ pixels }) => pixels));
    for (const [n, { input, image }] of waiting.entries()) {
      await write(input, image, enlargedStrips(model, predictions[n], image));
    }
    waiting = [];
  };
  for (const input of inputs) {
    if (signal?.aborted) break;
    const image = await openInput(input, failed);
    if (image === undefined) onProgress?.(written.length + failed.length, inputs.length);
    else if (inWindows(model, image, tiling)) {
      await writeWaiting();
      await write(input, image, tiledStrips(model, image, tiling ?? {}));
    } else {
      waiting.push({ input, image, pixels: fittedRows(image, model) });
      if (waiting.length === model.batchSize) await writeWaiting();
    }
  }
  await writeWaiting();
  if (asDataset !== undefined) await writeAsDataset(asDataset, model.tasks, labelled);
  return { written, failed };
}

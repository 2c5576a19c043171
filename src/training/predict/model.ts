/** @file An exported model, opened: from batches of inputs, or one image of any size, to predictions. */
import { readFile } from "node:fs/promises";
import { UserError } from "../../common/errors.js";
import type { RgbImage } from "../../data/files/raster.js";
import { fileError } from "../../disk/files.js";
import type { Resize } from "../../fields/resize.js";
import type { Size } from "../../fields/size.js";
import type { PillarPlan } from "../../fields/sweep.js";
import { decodeModel } from "../../graph/onnx.js";
import { sizeOf } from "../../graph/tensor.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../../runtime/engine.js";
import { type NetworkInput, networkInputOf } from "../../step/inference-graph.js";
import type { PredictionMap, Task } from "../../tasks/task.js";
import { parseMetadata } from "../model-metadata.js";
import { checkImage } from "./check-image.js";
import { fitted, rowsInImage, type Taking } from "./fit.js";
import { predictWindowed } from "./windowed.js";

/** An exported model, ready to run. */
export interface LoadedModel {
  readonly tasks: readonly Task[];
  /** [height, width] the network works at. */
  readonly size: readonly [number, number];
  /** How images of other sizes become the network's. */
  readonly resize: Resize;
  /** Frames of a sequence that the network takes together; 1 for single images. */
  readonly frames: number;
  /** How the network takes LiDAR sweeps, where it does so in the place of images. */
  readonly pillars?: PillarPlan;
  /** Images of one run of the network. */
  readonly batchSize: number;
  /**
   * Predictions by task name, at the image's own size: of the whole image in one, or window by window where
   * the network was trained on parts of images (`resize: crop`).
   * @throws TypeError or RangeError where `image` is not planar RGB [3,H,W] in [0, 1] as a Float32Array;
   * UserError where the network takes several frames together.
   */
  predict(image: RgbImage): Promise<Record<string, PredictionMap>>;
  /**
   * Predictions of images that have the network's size already, planar RGB [3,H,W] in [0, 1], or as many
   * frames one after another as the network takes, [3·frames,H,W], or pillars of sweeps: for each one, a map
   * by task name. Any number of them: they are run in batches, the last one filled up.
   */
  predictBatch(images: readonly Float32Array[]): Promise<Record<string, PredictionMap>[]>;
  release(): Promise<void>;
}

/** Reads a model file. Throws UserError where it is missing. */
export async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

/** Opens the bytes of an exported model. Throws UserError naming `where` where they are not one. */
export async function openModel(engine: Engine, bytes: Uint8Array, where: string): Promise<LoadedModel> {
  let model: ReturnType<typeof decodeModel>;
  try {
    model = decodeModel(bytes);
  } catch (cause) {
    throw new UserError(
      { code: "model.damaged", where, what: "this is no ONNX model, or a damaged one" },
      { cause },
    );
  }
  const { tasks, size, resize, frames, decided, pillars } = parseMetadata(model.metadataProps, where);
  if (decided.length > 0) throw decidedAlready(where, decided);
  const [height, width] = size;
  const taken = networkInputOf({ frames, pillars }, size);
  const each = taken.shape;
  const batchSize = batchOf(model, taken, where);
  const session = await openSession(engine, bytes, { optimize: true });

  /** Up to `batchSize` images; the last one stands in the places that are left. */
  const runOnce = async (images: readonly Float32Array[]) => {
    const length = sizeOf(each);
    const input = new Float32Array(batchSize * length);
    for (let n = 0; n < batchSize; n++) input.set(images[Math.min(n, images.length - 1)], n * length);
    const feed = toOrtTensor(engine, { shape: [batchSize, ...each], dtype: "float32" }, input);
    const outputs = await session.run({ [taken.name]: feed });
    return images.map((_, n) =>
      Object.fromEntries(
        tasks.map(({ name, kind, spec }) => {
          const channels = kind.learning.channels(spec);
          const length = channels * height * width;
          const data = fromOrtTensor(outputs[name]).subarray(n * length, (n + 1) * length);
          return [name, { channels, height, width, data }];
        }),
      ),
    );
  };
  const predictBatch: LoadedModel["predictBatch"] = async (images) => {
    const predictions: Record<string, PredictionMap>[] = [];
    for (let n = 0; n < images.length; n += batchSize) {
      predictions.push(...(await runOnce(images.slice(n, n + batchSize))));
    }
    return predictions;
  };
  const windows = { tasks, size, resize, batchSize, predictBatch };
  return {
    ...windows,
    frames,
    pillars,
    async predict(image) {
      if (pillars !== undefined) throw takesSweeps(where);
      if (frames > 1) throw tooFewFrames(where, frames, 1);
      checkImage(image);
      if (resize === "crop") return await predictWindowed(windows, image);
      const [maps] = await predictBatch([fitted(image, { size, resize })]);
      return wholeMaps(tasks, maps, image, { size, resize });
    },
    release: () => session.release(),
  };
}

function decidedAlready(where: string, decided: readonly string[]): UserError {
  return new UserError({
    code: "model.decided",
    where,
    what: "the model gives classes in the place of scores, which images cannot be enlarged by",
    got: `classes of ${decided.join(", ")}`,
    fix: "Use the run, or a model exported without --argmax.",
  });
}

/** The error that a model of point clouds was given an image. */
export function takesSweeps(where: string): UserError {
  return new UserError({
    code: "predict.takes-sweeps",
    where,
    what: "the model takes LiDAR sweeps, not images",
    expected: "files of points (.bin) or a dataset of sweeps",
    fix: "Name those, with --format where the dataset is no folder of Taskloom's.",
  });
}

/** The error that a sequence is shorter than what the network takes together. */
export function tooFewFrames(where: string, frames: number, got: number): UserError {
  return new UserError({
    code: "predict.too-few-frames",
    where,
    what: "the model predicts from several frames of a sequence",
    expected: `at least ${frames} images of one folder, or a video`,
    got: String(got),
    fix: "Name the folder that holds the frames, in the order of their names, or the video.",
  });
}

/** A side that may have any length. */
const OPEN = 0;

/** Samples of one run, by the shape of the model's input. Throws UserError where that is another. */
function batchOf(
  model: ReturnType<typeof decodeModel>,
  { name: input, shape: each }: NetworkInput,
  where: string,
): number {
  const type = model.graph?.input.find(({ name }) => name === input)?.type?.value;
  const dims = type?.case === "tensorType" ? (type.value.shape?.dim ?? []) : [];
  const [batch, ...rest] = dims.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : OPEN));
  const fits = rest.length === each.length && rest.every((side, i) => side === each[i] || side === OPEN);
  if (batch >= 1 && fits) return batch;
  throw new UserError({
    code: "model.foreign",
    where,
    what: "the model's input does not fit what it says of itself",
    expected: `\`${input}\` [N,${each}]`,
    got: dims.length === 0 ? "no such tensor" : `[${[batch, ...rest]}]`,
    fix: "Use a model as `taskloom export` wrote it.",
  });
}

function wholeMaps(
  tasks: readonly Task[],
  maps: Readonly<Record<string, PredictionMap>>,
  image: Size,
  taking: Taking,
): Record<string, PredictionMap> {
  return Object.fromEntries(
    tasks.map(({ name, kind }) => [name, rowsInImage(maps[name], kind, image, taking)(0, image.height)]),
  );
}

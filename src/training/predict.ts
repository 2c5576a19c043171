/** @file Predictions for image files of any size, with a run or an exported model. */
import { readFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { UserError } from "../common/errors.js";
import { encodeNpy } from "../data/files/npy.js";
import { encodePng } from "../data/files/png.js";
import { type RgbImage, readImage } from "../data/files/raster.js";
import { fileError, makeFolder, replaceFile } from "../disk/files.js";
import { resample } from "../fields/resample.js";
import { nearestTaps, triangleTaps } from "../fields/taps.js";
import { decodeModel } from "../graph/onnx.js";
import { type Engine, fromOrtTensor, openSession, toOrtTensor } from "../runtime/engine.js";
import type { PredictionMap, Task } from "../tasks/task.js";
import { parseMetadata } from "./model-metadata.js";

/** An exported model, ready to run. */
export interface LoadedModel {
  readonly tasks: readonly Task[];
  /** [height, width] the network works at. */
  readonly size: readonly [number, number];
  /** Predictions by task name, at the image's own size. */
  predict(image: RgbImage): Promise<Record<string, PredictionMap>>;
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
  const { tasks, size } = parseMetadata(model.metadataProps, where);
  const session = await openSession(engine, bytes, { optimize: true });
  const [height, width] = size;
  return {
    tasks,
    size,
    async predict(image) {
      const input = resizePlanar(image.data, 3, image, { height, width });
      const feed = toOrtTensor(engine, { shape: [1, 3, height, width], dtype: "float32" }, input);
      const outputs = await session.run({ image: feed });
      return Object.fromEntries(
        tasks.map(({ name, kind, spec }) => {
          const channels = kind.learning.channels(spec);
          const map = { channels, height, width, data: fromOrtTensor(outputs[name]) };
          return [name, enlargePrediction(map, kind, image)];
        }),
      );
    },
    release: () => session.release(),
  };
}

interface Size {
  readonly height: number;
  readonly width: number;
}

function resizePlanar(data: Float32Array, channels: number, from: Size, to: Size): Float32Array {
  if (from.height === to.height && from.width === to.width) return data;
  const rows = triangleTaps(from.height, to.height);
  return resample(data, channels, from.height, from.width, rows, triangleTaps(from.width, to.width));
}

/**
 * Bilinear, also for class scores, so that borders are smooth; mended by the task as a label would be
 * (normals: unit length). Where the task finds no sound value between its neighbours (normals that point
 * apart), the nearest one stands.
 */
function enlargePrediction(map: PredictionMap, kind: Task["kind"], { height, width }: Size): PredictionMap {
  if (map.height === height && map.width === width) return map;
  const { channels } = map;
  const valid = new Uint8Array(height * width).fill(1);
  const smooth = {
    channels,
    height,
    width,
    data: resizePlanar(map.data, channels, map, { height, width }),
    valid,
  };
  const mended = kind.files.scaled(smooth, 1);
  if (!mended.valid.includes(0)) return { channels, height, width, data: mended.data };
  const rows = nearestTaps(map.height, height);
  const nearest = resample(map.data, channels, map.height, map.width, rows, nearestTaps(map.width, width));
  const data = mended.data.map((value, i) => (mended.valid[i % valid.length] === 1 ? value : nearest[i]));
  return { channels, height, width, data };
}

/** Files written for one image. */
export interface PredictedFiles {
  readonly image: string;
  /** By task name: a coloured picture and the values [C,H,W] as .npy. */
  readonly tasks: Readonly<Record<string, { readonly picture: string; readonly array: string }>>;
}

/**
 * Writes `<out>/<image name>.<task>.png` and `.npy` for every image file.
 * @throws UserError naming the image that cannot be read, or two that would share their files.
 */
export async function predictFiles(
  model: LoadedModel,
  images: readonly string[],
  out: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<PredictedFiles[]> {
  const names = images.map((image) => basename(image, extname(image)));
  const twice = names.findIndex((name, i) => names.indexOf(name) !== i);
  if (twice >= 0) {
    throw new UserError({
      code: "predict.same-name",
      where: images[twice],
      what: `another image is called ${names[twice]} too, and their files would overwrite each other`,
      fix: "Predict them into two folders.",
    });
  }
  await makeFolder(out);
  const written: PredictedFiles[] = [];
  for (const [i, image] of images.entries()) {
    const predictions = await model.predict(await readImage(image));
    const tasks: Record<string, { picture: string; array: string }> = {};
    for (const { name, kind, spec } of model.tasks) {
      const map = predictions[name];
      const picture = join(out, `${names[i]}.${name}.png`);
      const array = join(out, `${names[i]}.${name}.npy`);
      await replaceFile(picture, encodePng({ ...kind.drawing.prediction(map, spec), channels: 3 }));
      await replaceFile(array, encodeNpy({ shape: [map.channels, map.height, map.width], data: map.data }));
      tasks[name] = { picture, array };
    }
    written.push({ image, tasks });
    onProgress(i + 1, images.length);
  }
  return written;
}

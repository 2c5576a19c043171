/** @file Predictions for LiDAR sweeps: pictures from above, and what is found as lists. */
import { dirname, join } from "node:path";
import { UserError } from "../../common/errors.js";
import { encodePng } from "../../data/files/png.js";
import { birdPicture } from "../../data/sweeps/bird-picture.js";
import { makeFolder, replaceFile } from "../../disk/files.js";
import { type PillarPlan, pillarArray } from "../../fields/sweep.js";
import { gridSize } from "../../geometry/boxes/bird-grid.js";
import type { Picture } from "../../tasks/task.js";
import type { LoadedModel } from "./model.js";
import type { FailedImage } from "./open-input.js";
import { type SweepInput, sweepInputs } from "./sweep-inputs.js";

/** What is written of a sweep and a task. */
interface SweepFiles {
  /** From above. */
  readonly picture: string;
  /** What is found, as a list. */
  readonly items?: string;
  /** The picture of the camera beside the sensor. */
  readonly camera?: string;
}

/** Files of one sweep, by task name. */
export interface PredictedSweep {
  readonly sweep: string;
  readonly tasks: Readonly<Record<string, SweepFiles>>;
}

export interface PredictedSweeps {
  readonly written: readonly PredictedSweep[];
  /** Sweeps that could not be read. */
  readonly failed: readonly FailedImage[];
}

export interface PredictSweepsOptions {
  /** Format of folders; `folder` if left out. */
  readonly format?: string;
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** Shorter sides of pictures have about so many pixels at least. */
const SIDE = 384;
/** How bright the sweep is behind what is drawn over it. */
const BEHIND = 0.6;

/** What a task draws over a sweep seen from above, every cell some pixels wide. */
function overSweep(drawn: Picture, points: Float32Array, { grid }: PillarPlan): Picture {
  const [height, width] = gridSize(grid);
  const scale = Math.max(1, Math.ceil(SIDE / Math.min(height, width)));
  const bird = birdPicture(points, grid);
  const data = new Uint8Array(3 * width * scale * height * scale);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < width * scale; x++) {
      const cell = Math.floor(y / scale) * width + Math.floor(x / scale);
      const isDrawn = [0, 1, 2].some((c) => drawn.data[3 * cell + c] > 0);
      for (let c = 0; c < 3; c++) {
        const behind = Math.round(255 * BEHIND * bird[c * width * height + cell]);
        data[3 * (y * width * scale + x) + c] = isDrawn ? drawn.data[3 * cell + c] : behind;
      }
    }
  }
  return { width: width * scale, height: height * scale, data };
}

/**
 * Predicts sweeps with a model that takes pillars: `<name>.<task>.png`, a picture from above with what is
 * found, `<name>.<task>.json`, the same as a list, and `<name>.<task>.camera.png`, the picture of the camera
 * beside the sensor with what is found, where there is one. Throws UserError where an argument is no sweep
 * and no dataset; sweeps that cannot be read are told.
 */
export async function predictSweeps(
  model: LoadedModel,
  paths: readonly string[],
  out: string,
  { format = "folder", signal, onProgress }: PredictSweepsOptions = {},
): Promise<PredictedSweeps> {
  const { pillars } = model;
  if (pillars === undefined) {
    throw new UserError({
      code: "predict.no-pillars",
      where: out,
      what: "the model takes images, not sweeps",
    });
  }
  const inputs: SweepInput[] = [];
  for (const path of paths) inputs.push(...(await sweepInputs(path, pillars, format)));
  const written: PredictedSweep[] = [];
  const failed: FailedImage[] = [];
  onProgress?.(0, inputs.length);
  for (const input of inputs) {
    if (signal?.aborted) break;
    try {
      written.push({ sweep: input.name, tasks: await predictSweep(model, pillars, input, out) });
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failed.push({ image: input.name, error });
    }
    onProgress?.(written.length + failed.length, inputs.length);
  }
  return { written, failed };
}

async function predictSweep(
  model: LoadedModel,
  pillars: PillarPlan,
  { name, read, photo }: SweepInput,
  out: string,
): Promise<PredictedSweep["tasks"]> {
  const [sweep, seen] = [await read(), await photo()];
  const [maps] = await model.predictBatch([pillarArray(sweep, pillars)]);
  const base = join(out, name);
  await makeFolder(dirname(base));
  const files: Record<string, SweepFiles> = {};
  for (const { name: task, kind, spec } of model.tasks) {
    const write = async (ending: string, content: Uint8Array | string) => {
      const path = `${base}.${task}.${ending}`;
      await replaceFile(path, content);
      return path;
    };
    const png = (picture: Picture) => encodePng({ ...picture, channels: 3 });
    const picture = overSweep(kind.drawing.prediction(maps[task], spec), sweep.frames[0], pillars);
    const items = kind.files.items?.(maps[task], spec);
    const drawn = seen && kind.drawing.seen?.(maps[task], spec, seen.view, seen.picture);
    files[task] = {
      picture: await write("png", png(picture)),
      ...(items && { items: await write("json", `${JSON.stringify(items, null, 1)}\n`) }),
      ...(drawn && { camera: await write("camera.png", png(drawn)) }),
    };
  }
  return files;
}

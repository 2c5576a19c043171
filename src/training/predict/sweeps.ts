/** @file Predictions for LiDAR sweeps: pictures from above, and what is found as lists. */
import { basename, dirname, extname, join } from "node:path";
import { UserError } from "../../common/errors.js";
import { encodePng } from "../../data/files/png.js";
import { openDataset } from "../../data/formats/index.js";
import { requireGiven } from "../../data/loading/stack.js";
import { birdPicture } from "../../data/sweeps/bird-picture.js";
import { readPoints } from "../../data/sweeps/points-file.js";
import { makeFolder, replaceFile } from "../../disk/files.js";
import { type PillarPlan, pillarArray, type Sweep } from "../../fields/sweep.js";
import { gridSize } from "../../geometry/boxes/bird-grid.js";
import type { Picture } from "../../tasks/task.js";
import type { LoadedModel } from "./model.js";

/** Files of one sweep, by task name. */
export interface PredictedSweep {
  readonly sweep: string;
  readonly tasks: Readonly<Record<string, { readonly picture: string; readonly items?: string }>>;
}

export interface PredictSweepsOptions {
  /** Format of folders; `folder` if left out. */
  readonly format?: string;
  readonly signal?: AbortSignal;
  onProgress?(done: number, total: number): void;
}

/** A sweep to be predicted, and its name among the files that are written. */
interface SweepInput {
  readonly name: string;
  read(): Promise<Sweep>;
}

/** Shorter sides of pictures have about so many pixels at least. */
const SIDE = 384;
/** How bright the sweep is behind what is drawn over it. */
const BEHIND = 0.6;

/** The sweeps that an argument stands for: a file of points, or every sweep of a dataset. */
async function inputsOf(path: string, plan: PillarPlan, format: string): Promise<SweepInput[]> {
  if (extname(path) === ".bin") {
    // There are no earlier sweeps to a single file.
    const read = async () => ({ frames: [await readPoints(path)] });
    return [{ name: basename(path, ".bin"), read }];
  }
  const { grid, frames, step } = plan;
  const dataset = await openDataset({ format, path, sweeps: { grid, frames, step } });
  return Object.entries(dataset.info.splits).flatMap(([split, ids]) =>
    ids.map((id) => ({
      name: `${split}/${id}`,
      read: async () => requireGiven(await dataset.read(split, id, []), "sweep") as Sweep,
    })),
  );
}

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
 * found, and `<name>.<task>.json`, the same as a list. Throws UserError where an input cannot be read.
 */
export async function predictSweeps(
  model: LoadedModel,
  paths: readonly string[],
  out: string,
  { format = "folder", signal, onProgress }: PredictSweepsOptions = {},
): Promise<PredictedSweep[]> {
  const { pillars, tasks } = model;
  if (pillars === undefined) {
    throw new UserError({
      code: "predict.no-pillars",
      where: out,
      what: "the model takes images, not sweeps",
    });
  }
  const inputs: SweepInput[] = [];
  for (const path of paths) inputs.push(...(await inputsOf(path, pillars, format)));
  const written: PredictedSweep[] = [];
  onProgress?.(0, inputs.length);
  for (const { name, read } of inputs) {
    if (signal?.aborted) break;
    const sweep = await read();
    const [maps] = await model.predictBatch([pillarArray(sweep, pillars)]);
    const base = join(out, name);
    await makeFolder(dirname(base));
    const files: Record<string, { picture: string; items?: string }> = {};
    for (const { name: task, kind, spec } of tasks) {
      const picture = overSweep(kind.drawing.prediction(maps[task], spec), sweep.frames[0], pillars);
      files[task] = { picture: `${base}.${task}.png` };
      await replaceFile(files[task].picture, encodePng({ ...picture, channels: 3 }));
      const items = kind.files.items?.(maps[task], spec);
      if (items === undefined) continue;
      files[task].items = `${base}.${task}.json`;
      await replaceFile(`${base}.${task}.json`, `${JSON.stringify(items, null, 1)}\n`);
    }
    written.push({ sweep: name, tasks: files });
    onProgress?.(written.length, inputs.length);
  }
  return written;
}

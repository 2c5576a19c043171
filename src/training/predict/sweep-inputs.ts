/** @file The sweeps that arguments of `predict` stand for: files of points, and datasets of sweeps. */
import { basename, extname } from "node:path";
import { openDataset } from "../../data/formats/index.js";
import { requireGiven } from "../../data/loading/stack.js";
import { readPhoto } from "../../data/sweeps/photo.js";
import { readPoints } from "../../data/sweeps/points-file.js";
import { isSweepDataset } from "../../data/sweeps/sweep-dataset.js";
import type { PillarPlan, Sweep } from "../../fields/sweep.js";
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import type { Picture } from "../../tasks/task.js";

/** The picture of a camera beside the sensor. */
export interface Photo {
  readonly view: CameraView;
  readonly picture: Picture;
}

/** A sweep to be predicted. */
export interface SweepInput {
  /** Of the files that are written, without endings. */
  readonly name: string;
  /** Throws UserError where it cannot be read. */
  read(): Promise<Sweep>;
  /** Undefined where there is no picture, or nobody knows how its camera stands to the sensor. */
  photo(): Promise<Photo | undefined>;
}

/** What an argument stands for. Throws UserError where it is neither. */
export async function sweepInputs(path: string, plan: PillarPlan, format: string): Promise<SweepInput[]> {
  if (extname(path) === ".bin") {
    // There are no earlier sweeps to a single file.
    const read = async () => ({ frames: [await readPoints(path)] });
    return [{ name: basename(path, ".bin"), read, photo: async () => undefined }];
  }
  const { grid, frames, step } = plan;
  const dataset = await openDataset({ format, path, sweeps: { grid, frames, step } });
  const source = isSweepDataset(dataset) ? dataset.source : undefined;
  return Object.entries(dataset.info.splits).flatMap(([split, ids]) =>
    ids.map((id) => ({
      name: `${split}/${id}`,
      read: async () => requireGiven(await dataset.read(split, id, []), "sweep") as Sweep,
      photo: async () => {
        const seen = await source?.readView?.(split, id);
        if (seen?.image === undefined) return undefined;
        const { width, height, data } = await readPhoto(seen.image);
        const pixels = new Uint8Array(3 * width * height);
        for (let i = 0; i < pixels.length; i++) {
          pixels[i] = Math.round(255 * data[(i % 3) * width * height + Math.floor(i / 3)]);
        }
        return { view: seen, picture: { width, height, data: pixels } };
      },
    })),
  );
}

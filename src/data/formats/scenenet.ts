/**
 * @file SceneNet RGB-D (McCormac et al. 2017): `train/K/NNNN/photo/F.jpg`, `depth/F.png` (millimetres along
 * each pixel's ray, 0 = nothing hit), F = 0, 25, ..., 7475; poses in `scenenet_rgbd_train_*.pb` and
 * `..._val.pb`, in the folder or in their split's; a trajectory that none of them names has none. Every image
 * has the same camera: 60 x 45 degrees. Depth becomes that along the axis. The published `val` is `test`
 * here; the last training trajectory is `val`, or what `validation.txt` lists.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Pose } from "../../fields/pose.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import type { LabelMap } from "../../tasks/task.js";
import { type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { type FilmedFrame, type FilmedSequence, filmedDataset } from "./filmed.js";
import { readScenePoses, type ScenePoses } from "./scenenet-poses.js";
import { depthSpec } from "./shared.js";

const LAYOUT = "train/0/1/photo/0.jpg, train/0/1/depth/0.png, val/..., scenenet_rgbd_val.pb";
const RADIANS = Math.PI / 180;
/** Of images of 320x240; pixel centres at whole numbers. */
const CAMERA: PinholeCamera = {
  fx: 160 / Math.tan(30 * RADIANS),
  fy: 120 / Math.tan(22.5 * RADIANS),
  cx: 159.5,
  cy: 119.5,
};
/** Of each published split. */
const SPLITS = { train: "train", val: "test" } as const;

const spec = depthSpec(1000);

/** Depth along the axis from lengths of rays. */
export function alongAxis(label: LabelMap, { fx, fy, cx, cy }: PinholeCamera): LabelMap {
  const data = label.data.map((length, pixel) => {
    const x = ((pixel % label.width) - cx) / fx;
    const y = (Math.floor(pixel / label.width) - cy) / fy;
    return length / Math.hypot(x, y, 1);
  });
  return { ...label, data };
}

function depthFile(path: string): LabelFile {
  const rays = labelFile(path, spec, (raster, where) => {
    expectRaster(raster, { channels: 1, bits: 16 }, where);
    return raster;
  });
  return { ...rays, read: async (camera) => alongAxis(await rays.read(camera), CAMERA) };
}

async function readTrajectory(
  folder: string,
  poses: ReadonlyMap<number, Pose> | undefined,
): Promise<FilmedFrame[]> {
  const depths = await filesByStem(join(folder, "depth"), [".png"]);
  const frames = [...(await filesByStem(join(folder, "photo"), IMAGE_EXTENSIONS))].map(([stem, image]) => {
    const [depth, pose] = [depths.get(stem), poses?.get(Number(stem))];
    const labels: SampleFiles["labels"] = depth === undefined ? {} : { depth: depthFile(depth) };
    return { number: Number(stem), stem, files: { image, labels, camera: CAMERA, ...(pose && { pose }) } };
  });
  return frames.sort((a, b) => a.number - b.number);
}

/** The poses of a published split: render paths repeat from split to split. */
async function readAllPoses(published: string, folders: readonly string[]): Promise<ScenePoses> {
  const all = new Map<string, ReadonlyMap<number, Pose>>();
  for (const folder of folders) {
    for (const name of (await listFolder(folder))?.files ?? []) {
      if (!name.endsWith(".pb") || !name.includes(`_${published}`)) continue;
      const path = join(folder, name);
      const { size } = await stat(path);
      for (const [render, poses] of readScenePoses(path, size)) all.set(render, poses);
    }
  }
  return all;
}

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const sequences: FilmedSequence[] = [];
  for (const [published, split] of Object.entries(SPLITS)) {
    const base = join(path, published);
    const poses = await readAllPoses(published, [path, base]);
    for (const group of (await listFolder(base))?.folders ?? []) {
      for (const scene of (await listFolder(join(base, group)))?.folders ?? []) {
        const frames = await readTrajectory(join(base, group, scene), poses.get(`${group}/${scene}`));
        if (frames.length > 0) sequences.push({ name: `${group}-${scene}`, split, frames });
      }
    }
  }
  return filmedDataset({
    about: { name: "SceneNet RGB-D", tasks: { depth: spec } },
    ...{ sequences, path, layout: LAYOUT },
  });
}

export const scenenet: DatasetFormat = { name: "scenenet", open };

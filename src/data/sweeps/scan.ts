/** @file A sweep as the camera beside the sensor sees it. */
import { POINT_CHANNELS } from "../../fields/pillars.js";
import type { Scan } from "../../fields/scan.js";
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import { project } from "../../geometry/camera.js";
import { add3, apply3 } from "../../geometry/rotation.js";
import type { Dataset } from "../types.js";
import type { SweepSource } from "./source.js";
import { type SeenPoint, unhiddenPoints } from "./unhidden.js";

/** Points nearer than this are not before the camera, metres. */
const NEAREST = 0.1;
/** How far from a point others hide it, as a share of the picture's width. */
const AROUND = 0.03;

/** Where the picture of a camera shows the points of a sweep. */
export function scanOf(points: Float32Array, { camera, toCamera, width, height }: CameraView): Scan {
  const seen: SeenPoint[] = [];
  for (let at = 0; at + POINT_CHANNELS <= points.length; at += POINT_CHANNELS) {
    const point = [points[at], points[at + 1], points[at + 2]] as const;
    const [x, y, z] = add3(apply3(toCamera.rotation, point), toCamera.translation);
    if (!(z > NEAREST)) continue;
    const [column, row] = project([x, y, z], camera);
    if (column >= 0 && row >= 0 && column <= width - 1 && row <= height - 1) seen.push([column, row, z]);
  }
  return { points: Float32Array.from(unhiddenPoints(seen, Math.max(1, AROUND * width)).flat()) };
}

/** The dataset with the scan of each image whose sweep and camera are known. */
export function withScans(dataset: Dataset, source: SweepSource): Dataset {
  const known = new Map(Object.entries(source.splits).map(([split, ids]) => [split, new Set(ids)]));
  return {
    ...dataset,
    read: async (split, id, tasks) => {
      const sample = await dataset.read(split, id, tasks);
      if (!known.get(split)?.has(id)) return sample;
      const view = await source.readView?.(split, id);
      if (view === undefined) return sample;
      return { ...sample, scan: scanOf((await source.readSweep(split, id)).points, view) };
    },
  };
}

/** @file LiDAR sweeps of a world as files beside the labels. */
import { UserError } from "../../common/errors.js";
import { boxesSchema } from "../../tasks/boxes3d/spec.js";
import { lidarByName } from "../../worlds/index.js";
import type { LidarFrame, World } from "../../worlds/world.js";
import type { DatasetDescription } from "../dataset-yaml.js";
import type { ExtraFile } from "./extras.js";

/** Folders of sweeps, and of the boxes around what they may hit. */
export const LIDAR_FOLDERS = ["lidar", "lidar-boxes"] as const;

/** What dataset.yaml says of the sweeps of a world by a sensor of that name. */
export function describeSweeps({ lidar }: World, sensor: string): NonNullable<DatasetDescription["sweeps"]> {
  const [points, boxes] = LIDAR_FOLDERS;
  const { height } = lidarByName(sensor);
  const detect = boxesSchema.shape.detect.parse(
    Object.fromEntries(
      Object.entries(lidar?.detect ?? {}).map(([name, { size, ...rest }]) => [
        name,
        { ...rest, size, z: Number((size[2] / 2 - height).toFixed(3)) },
      ]),
    ),
  );
  return { points, boxes, classes: [...(lidar?.classes ?? [])], detect };
}

/**
 * The sweeps of a snippet by a sensor of that name. Throws UserError `data.no-lidar` where the world has
 * none, `data.unknown-lidar`.
 */
export function sweepsOf(
  { name, lidar }: World,
  sensor: string,
): (seed: number, split: string, index: number) => Iterable<LidarFrame> {
  if (lidar === undefined) {
    throw new UserError({
      code: "data.no-lidar",
      what: `the world ${name} has no LiDAR`,
      where: "lidar",
      fix: "Leave it out, or take the world streets.",
    });
  }
  const known = lidarByName(sensor);
  return (seed, split, index) => lidar.sweeps(seed, split, index, known);
}

/** 32-bit floats, little-endian, as KITTI's velodyne files. */
function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => {
    bytes.setFloat32(4 * i, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

/** A sweep's files by their folder. */
export function lidarFiles({ sweep, pose, boxes }: LidarFrame): Record<string, ExtraFile> {
  return {
    lidar: { extension: "bin", bytes: littleEndian(sweep.points) },
    "lidar-boxes": { extension: "json", bytes: Buffer.from(`${JSON.stringify({ pose, boxes })}\n`) },
  };
}

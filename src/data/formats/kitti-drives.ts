/**
 * @file The drives of KITTI raw (Geiger et al. 2013), synchronised and rectified:
 * `<date>/<date>_drive_NNNN_sync/`, with the date's calibration `calib_*.txt`. The 28 drives that Eigen et
 * al. (2014) test on are `test`; of the others those that the depth benchmark (Uhrig et al. 2017) has in its
 * `val` are `val`.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { Pose } from "../../fields/pose.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { readText } from "../files/bytes.js";
import { filesByStem, listFolder, requireFolder } from "../listing.js";
import {
  calibrationLine,
  poseOfRigid,
  type RectifiedCamera,
  readCalibration,
  rectifiedCamera,
  rigidOfRows,
} from "./kitti-files.js";
import { readInertial } from "./kitti-inertial.js";

/** Dates with the numbers of the drives that Eigen et al. test on. */
const EIGEN: Readonly<Record<string, readonly number[]>> = {
  "2011_09_26": [2, 9, 13, 20, 23, 27, 29, 36, 46, 48, 52, 56, 59, 64, 84, 86, 93, 96, 101, 106, 117],
  "2011_09_28": [2],
  "2011_09_29": [71],
  "2011_09_30": [16, 18, 27],
  "2011_10_03": [27, 47],
};
const DRIVE = /^((\d{4}_\d\d_\d\d)_drive_(\d{4}))_sync$/;

export interface KittiDrive {
  /** Without `_sync`. */
  readonly name: string;
  readonly split: "train" | "val" | "test";
  readonly folder: string;
  /** The folder of its date. */
  readonly dateFolder: string;
  /** With the benchmark's depth, where that is there. */
  readonly benchmark?: string;
}

/** The folder with the benchmark's depth of a drive, and the benchmark's split. */
async function benchmarkOf(
  path: string,
  drive: string,
): Promise<{ folder: string; split: "train" | "val" } | undefined> {
  for (const root of [join(path, "data_depth_annotated"), path]) {
    for (const split of ["train", "val"] as const) {
      const folder = join(root, split, drive, "proj_depth", "groundtruth", "image_02");
      if ((await listFolder(folder)) !== undefined) return { folder, split };
    }
  }
  return undefined;
}

/** All drives. Throws UserError where the folder is missing; `layout` says what it should hold. */
export async function kittiDrives(path: string, layout: string): Promise<KittiDrive[]> {
  const root = await requireFolder(path, layout);
  const drives: KittiDrive[] = [];
  for (const dated of root.folders.filter((name) => /^\d{4}_\d\d_\d\d$/.test(name))) {
    const dateFolder = join(path, dated);
    for (const own of (await requireFolder(dateFolder, layout)).folders) {
      const match = DRIVE.exec(own);
      if (match === null) continue;
      const [, name, date, number] = match;
      const benchmark = await benchmarkOf(path, own);
      const split = EIGEN[date]?.includes(Number(number)) ? "test" : (benchmark?.split ?? "train");
      drives.push({ name, split, dateFolder, folder: join(dateFolder, own), benchmark: benchmark?.folder });
    }
  }
  return drives;
}

/** What a date's calibration says of the left colour camera. */
export interface KittiRig extends RectifiedCamera {
  /** Of its pictures, pixels, where the calibration says so. */
  readonly size?: { readonly width: number; readonly height: number };
  /** From the laser scanner to the camera. */
  readonly ofLaser: RigidMotion;
}

async function readRigid(path: string): Promise<RigidMotion> {
  const lines = await readCalibration(path);
  const r = calibrationLine(lines, "R", 9, path);
  const t = calibrationLine(lines, "T", 3, path);
  return rigidOfRows([0, 1, 2].flatMap((row) => [...r.slice(3 * row, 3 * row + 3), t[row]]));
}

/** Throws UserError where a file or a line is missing. */
export async function readKittiRig(dateFolder: string): Promise<KittiRig> {
  const path = join(dateFolder, "calib_cam_to_cam.txt");
  const lines = await readCalibration(path);
  const rectified = rectifiedCamera(calibrationLine(lines, "P_rect_02", 12, path), path);
  const r = calibrationLine(lines, "R_rect_00", 9, path);
  const upright: RigidMotion = {
    rotation: [r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]],
    translation: rectified.shift,
  };
  const ofLaser = composed(upright, await readRigid(join(dateFolder, "calib_velo_to_cam.txt")));
  if (!lines.has("S_rect_02")) return { ...rectified, ofLaser };
  const [width, height] = calibrationLine(lines, "S_rect_02", 2, path);
  return { ...rectified, ofLaser, size: { width, height } };
}

/** From the inertial unit to the laser scanner. */
export const readKittiUnit = async (dateFolder: string): Promise<RigidMotion> =>
  await readRigid(join(dateFolder, "calib_imu_to_velo.txt"));

/** Where a sensor stands in each measurement of a drive, from the first one on; `toSensor` from the unit. */
export async function kittiPoses(
  { folder }: KittiDrive,
  toSensor: () => Promise<RigidMotion>,
): Promise<ReadonlyMap<string, Pose>> {
  const files = await filesByStem(join(folder, "oxts", "data"), [".txt"]);
  if (files.size === 0) return new Map();
  const fromSensor = inverted(await toSensor());
  const toMap = (await readInertial([...files.values()])).map((unit) => composed(unit, fromSensor));
  const fromFirst = toMap.map((sensor) => poseOfRigid(composed(inverted(toMap[0]), sensor)));
  return new Map([...files.keys()].map((stem, i) => [stem, fromFirst[i]]));
}

/** Seconds of the lines `2011-09-26 13:02:25.964389445` of a part of a drive; none where there is no file. */
export async function kittiTimes({ folder }: KittiDrive, part: string): Promise<number[]> {
  const path = join(folder, part, "timestamps.txt");
  if ((await listFolder(join(folder, part)))?.files.includes("timestamps.txt") !== true) return [];
  const lines = (await readText(path)).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line, i) => {
    const [, hours, minutes, seconds] = / (\d+):(\d+):(\d+(?:\.\d+)?)\s*$/.exec(line) ?? [];
    if (seconds !== undefined) return 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
    throw new UserError({
      code: "data.bad-timestamp",
      what: "the line is no time",
      where: `${path}: line ${i + 1}`,
      expected: "2011-09-26 13:02:25.964389445",
      got: line.slice(0, 80),
    });
  });
}

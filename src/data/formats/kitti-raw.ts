/**
 * @file KITTI raw (Geiger et al. 2013), synchronised and rectified: `<date>/<date>_drive_NNNN_sync/` with
 * `image_02/data/*.png`, `oxts/data/*.txt` and `velodyne_points/data/*.bin`, and the date's `calib_*.txt`.
 * The camera is the left colour one. Depth is that of the depth benchmark (Uhrig et al. 2017) where
 * `data_depth_annotated/{train,val}/<drive>/proj_depth/groundtruth/image_02/` (also without the first folder)
 * has it, else what the laser hit; it is sparse. Poses are those of GPS and inertial measurements. The 28
 * drives that Eigen et al. (2014) test on are `test`; of the others the benchmark's `val` drives are `val`,
 * else the last one.
 */
import { join } from "node:path";
import type { Pose } from "../../fields/pose.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { parseTaskSpec } from "../../tasks/index.js";
import { type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster, readImage } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import { readPoints } from "../sweeps/points-file.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { type FilmedFrame, type FilmedSequence, filmedDataset } from "./filmed.js";
import {
  calibrationLine,
  poseOfRigid,
  type RectifiedCamera,
  readCalibration,
  rectifiedCamera,
  rigidOfRows,
} from "./kitti-files.js";
import { readInertial } from "./kitti-inertial.js";
import { projectScan } from "./kitti-laser.js";

const LAYOUT =
  "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png, 2011_09_26/calib_cam_to_cam.txt";
/** Dates with the numbers of the drives that Eigen et al. test on. */
const EIGEN: Readonly<Record<string, readonly number[]>> = {
  "2011_09_26": [2, 9, 13, 20, 23, 27, 29, 36, 46, 48, 52, 56, 59, 64, 84, 86, 93, 96, 101, 106, 117],
  "2011_09_28": [2],
  "2011_09_29": [71],
  "2011_09_30": [16, 18, 27],
  "2011_10_03": [27, 47],
};
const DRIVE = /^(\d{4}_\d\d_\d\d)_drive_(\d{4})_sync$/;

const spec = parseTaskSpec({ kind: "depth", scale: 1 / 256, invalid: 0, sparse: true }, "depth");

/** What a date's calibration says of the left colour camera. */
interface Rig extends RectifiedCamera {
  /** From the laser scanner and from the inertial unit to the camera. */
  readonly ofLaser: RigidMotion;
  readonly ofInertial: RigidMotion;
}

async function readRigid(path: string): Promise<RigidMotion> {
  const lines = await readCalibration(path);
  const r = calibrationLine(lines, "R", 9, path);
  const t = calibrationLine(lines, "T", 3, path);
  return rigidOfRows([0, 1, 2].flatMap((row) => [...r.slice(3 * row, 3 * row + 3), t[row]]));
}

async function readRig(folder: string): Promise<Rig> {
  const path = join(folder, "calib_cam_to_cam.txt");
  const lines = await readCalibration(path);
  const rectified = rectifiedCamera(calibrationLine(lines, "P_rect_02", 12, path), path);
  const r = calibrationLine(lines, "R_rect_00", 9, path);
  const upright: RigidMotion = {
    rotation: [r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8]],
    translation: rectified.shift,
  };
  const ofLaser = composed(upright, await readRigid(join(folder, "calib_velo_to_cam.txt")));
  const ofInertial = composed(ofLaser, await readRigid(join(folder, "calib_imu_to_velo.txt")));
  return { ...rectified, ofLaser, ofInertial };
}

/** Where the camera stands in each measurement, from the first one on. */
async function cameraPoses(folder: string, rig: Rig): Promise<ReadonlyMap<string, Pose>> {
  const files = await filesByStem(join(folder, "oxts", "data"), [".txt"]);
  const toMap = (await readInertial([...files.values()])).map((unit) =>
    composed(unit, inverted(rig.ofInertial)),
  );
  const fromFirst = toMap.map((camera) => poseOfRigid(composed(inverted(toMap[0]), camera)));
  return new Map([...files.keys()].map((stem, i) => [stem, fromFirst[i]]));
}

/** Seconds of the lines `2011-09-26 13:02:25.964389445`. */
async function readTimes(path: string): Promise<number[]> {
  const lines = (await readText(path)).split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => {
    const [, hours, minutes, seconds] = / (\d+):(\d+):([\d.]+)\s*$/.exec(line) ?? [];
    return 3600 * Number(hours) + 60 * Number(minutes) + Number(seconds);
  });
}

function benchmarkDepth(path: string): LabelFile {
  return labelFile(path, spec, (raster, where) => {
    expectRaster(raster, { channels: 1, bits: 16 }, where);
    return raster;
  });
}

function laserDepth(path: string, image: string, rig: Rig): LabelFile {
  const read = async () => {
    const { width, height } = await readImage(image);
    return projectScan(await readPoints(path), rig.ofLaser, rig.camera, { width, height });
  };
  return { file: path, read };
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

async function readDrive(
  path: string,
  folder: string,
  drive: string,
  rig: Rig,
): Promise<FilmedSequence | undefined> {
  const images = await filesByStem(join(folder, "image_02", "data"), IMAGE_EXTENSIONS);
  if (images.size === 0) return undefined;
  const benchmark = await benchmarkOf(path, drive);
  const annotated =
    benchmark === undefined ? new Map<string, string>() : await filesByStem(benchmark.folder, [".png"]);
  const scans = await filesByStem(join(folder, "velodyne_points", "data"), [".bin"]);
  const poses = await cameraPoses(folder, rig);
  const timed = (await listFolder(join(folder, "image_02")))?.files.includes("timestamps.txt") === true;
  const times = timed ? await readTimes(join(folder, "image_02", "timestamps.txt")) : [];
  const frames = [...images].map(([stem, image]): FilmedFrame => {
    const [label, scan, pose] = [annotated.get(stem), scans.get(stem), poses.get(stem)];
    const depth = label !== undefined ? benchmarkDepth(label) : scan && laserDepth(scan, image, rig);
    const labels: SampleFiles["labels"] = depth ? { depth } : {};
    const time = times[Number(stem)];
    return {
      number: Number(stem),
      stem,
      time,
      files: { image, labels, camera: rig.camera, ...(pose && { pose }) },
    };
  });
  const [, date, number] = DRIVE.exec(drive)!;
  const split = EIGEN[date]?.includes(Number(number)) ? "test" : (benchmark?.split ?? "train");
  return { name: drive.replace(/_sync$/, ""), split, frames };
}

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const sequences: FilmedSequence[] = [];
  for (const date of root.folders.filter((name) => /^\d{4}_\d\d_\d\d$/.test(name))) {
    const rig = await readRig(join(path, date));
    for (const drive of (await requireFolder(join(path, date), LAYOUT)).folders) {
      if (!DRIVE.test(drive)) continue;
      const sequence = await readDrive(path, join(path, date, drive), drive, rig);
      if (sequence !== undefined) sequences.push(sequence);
    }
  }
  return filmedDataset({
    about: { name: "KITTI raw", tasks: { depth: spec } },
    sequences,
    path,
    layout: LAYOUT,
  });
}

export const kittiRaw: DatasetFormat = { name: "kitti-raw", open };

/**
 * @file KITTI raw (Geiger et al. 2013): video of the left colour camera, `image_02/data/*.png` of each drive
 * (`kitti-drives.ts`). Depth is that of the depth benchmark (Uhrig et al. 2017) where
 * `data_depth_annotated/{train,val}/<drive>/proj_depth/groundtruth/image_02/` (also without the first folder)
 * has it, else what the laser hit, `velodyne_points/data/*.bin`; it is sparse. Poses are those of GPS and
 * inertial measurements, `oxts/data/*.txt`. Of the same drives `kitti-raw-lidar.ts` gives the sweeps.
 */
import { join } from "node:path";
import { composed } from "../../geometry/rigid.js";
import { parseTaskSpec } from "../../tasks/index.js";
import { type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { expectRaster, readImage } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS } from "../listing.js";
import { readPoints } from "../sweeps/points-file.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { type FilmedFrame, type FilmedSequence, filmedDataset } from "./filmed.js";
import {
  type KittiDrive,
  type KittiRig,
  kittiDrives,
  kittiPoses,
  kittiTimes,
  readKittiRig,
  readKittiUnit,
} from "./kitti-drives.js";
import { projectScan } from "./kitti-laser.js";
import { openKittiRawSweeps } from "./kitti-raw-lidar.js";

const LAYOUT =
  "2011_09_26/2011_09_26_drive_0001_sync/image_02/data/0000000000.png, 2011_09_26/calib_cam_to_cam.txt";

const spec = parseTaskSpec({ kind: "depth", scale: 1 / 256, invalid: 0, sparse: true }, "depth");

function benchmarkDepth(path: string): LabelFile {
  return labelFile(path, spec, (raster, where) => {
    expectRaster(raster, { channels: 1, bits: 16 }, where);
    return raster;
  });
}

function laserDepth(path: string, image: string, rig: KittiRig): LabelFile {
  const read = async () => {
    const { width, height } = await readImage(image);
    return projectScan(await readPoints(path), rig.ofLaser, rig.camera, { width, height });
  };
  return { file: path, read };
}

async function readDrive(drive: KittiDrive, rig: KittiRig): Promise<FilmedSequence | undefined> {
  const { name, split, folder, dateFolder, benchmark } = drive;
  const images = await filesByStem(join(folder, "image_02", "data"), IMAGE_EXTENSIONS);
  if (images.size === 0) return undefined;
  const annotated =
    benchmark === undefined ? new Map<string, string>() : await filesByStem(benchmark, [".png"]);
  const scans = await filesByStem(join(folder, "velodyne_points", "data"), [".bin"]);
  const poses = await kittiPoses(drive, async () => composed(rig.ofLaser, await readKittiUnit(dateFolder)));
  const times = await kittiTimes(drive, "image_02");
  const frames = [...images].map(([stem, image]): FilmedFrame => {
    const [label, scan, pose] = [annotated.get(stem), scans.get(stem), poses.get(stem)];
    const depth = label !== undefined ? benchmarkDepth(label) : scan && laserDepth(scan, image, rig);
    const labels: SampleFiles["labels"] = depth ? { depth } : {};
    const files = { image, labels, camera: rig.camera, ...(pose && { pose }) };
    return { number: Number(stem), stem, time: times[Number(stem)], files };
  });
  return { name, split, frames };
}

async function open(path: string): Promise<Dataset> {
  const sequences: FilmedSequence[] = [];
  const rigs = new Map<string, KittiRig>();
  for (const drive of await kittiDrives(path, LAYOUT)) {
    const rig = rigs.get(drive.dateFolder) ?? (await readKittiRig(drive.dateFolder));
    rigs.set(drive.dateFolder, rig);
    const sequence = await readDrive(drive, rig);
    if (sequence !== undefined) sequences.push(sequence);
  }
  return filmedDataset({
    about: { name: "KITTI raw", tasks: { depth: spec } },
    sequences,
    path,
    layout: LAYOUT,
  });
}

export const kittiRaw: DatasetFormat = { name: "kitti-raw", open, openSweeps: openKittiRawSweeps };

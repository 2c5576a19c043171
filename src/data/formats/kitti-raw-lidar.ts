/**
 * @file LiDAR sweeps of KITTI's raw drives (Geiger et al. 2013): `velodyne_points/data/*.bin`, ten a second,
 * boxes of `tracklet_labels.xml` where a drive has it, and poses of GPS and inertial measurements. Ids and
 * splits are those of the images (`kitti-raw.ts`). A drive with labels has them in all its frames.
 */
import { join } from "node:path";
import type { Pose } from "../../fields/pose.js";
import { readText } from "../files/bytes.js";
import { readPictureSize } from "../files/picture-size.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder } from "../listing.js";
import { KITTI_CLASSES, KITTI_DETECT } from "../sweeps/kitti-boxes.js";
import { parseTracklets } from "../sweeps/kitti-tracklets.js";
import { USUAL_SIZE } from "../sweeps/kitti-view.js";
import { readPoints } from "../sweeps/points-file.js";
import type { SweepBox, SweepSource, SweepView } from "../sweeps/source.js";
import { type StrayBoxes, strayBoxes } from "../sweeps/stray-boxes.js";
import { type FilmedSequence, filmedSequences, filmedSplits } from "./filmed.js";
import {
  type KittiDrive,
  kittiDrives,
  kittiPoses,
  kittiTimes,
  readKittiRig,
  readKittiUnit,
} from "./kitti-drives.js";
import { UNMEASURED } from "./kitti-inertial.js";
import { nonEmpty } from "./shared.js";

const LAYOUT = "2011_09_26/2011_09_26_drive_0001_sync/velodyne_points/data/0000000000.bin";
const LABELS = "tracklet_labels.xml";

/** A frame of a drive: it may lack the sweep. */
interface DriveFrame {
  readonly drive: KittiDrive;
  readonly number: number;
  readonly points?: string;
  readonly image?: string;
  readonly pose?: Pose;
  /** Whether other frames of the drive say where the sensor stood, and this one does not. */
  readonly unmeasured: boolean;
}

type Labels = ReadonlyMap<number, readonly SweepBox[]>;

async function readFrames(drive: KittiDrive): Promise<FilmedSequence<DriveFrame>> {
  const { name, split, folder, dateFolder } = drive;
  const points = await filesByStem(join(folder, "velodyne_points", "data"), [".bin"]);
  const images = await filesByStem(join(folder, "image_02", "data"), IMAGE_EXTENSIONS);
  const poses = await kittiPoses(drive, () => readKittiUnit(dateFolder));
  const times = await kittiTimes(drive, "velodyne_points");
  const stems = [...new Set([...images.keys(), ...points.keys()])];
  stems.sort((a, b) => Number(a) - Number(b));
  const frames = stems.map((stem) => {
    const number = Number(stem);
    const own = { points: points.get(stem), image: images.get(stem), pose: poses.get(stem) };
    const unmeasured = poses.size > 0 && own.pose === undefined;
    return { number, stem, time: times[number], files: { drive, number, ...own, unmeasured } };
  });
  return { name, split, frames };
}

/** The left colour camera; undefined where the calibration lacks its files. */
async function viewOf({ drive, image }: DriveFrame): Promise<SweepView | undefined> {
  const files = (await listFolder(drive.dateFolder))?.files ?? [];
  if (!["calib_cam_to_cam.txt", "calib_velo_to_cam.txt"].every((name) => files.includes(name))) {
    return undefined;
  }
  const { camera, ofLaser, size } = await readKittiRig(drive.dateFolder);
  const { width, height } = image === undefined ? (size ?? USUAL_SIZE) : await readPictureSize(image);
  return { camera, toCamera: ofLaser, width, height, image };
}

/** Opens the sweeps of all drives. Throws UserError where there is none, or labels are damaged. */
export async function openKittiRawSweeps(path: string): Promise<SweepSource> {
  const sequences: FilmedSequence<DriveFrame>[] = [];
  const labels = new Map<KittiDrive, Labels>();
  const stray: StrayBoxes[] = [];
  for (const drive of await kittiDrives(path, LAYOUT)) {
    const sequence = await readFrames(drive);
    sequences.push(sequence);
    if ((await listFolder(drive.folder))?.files.includes(LABELS) !== true) continue;
    const file = join(drive.folder, LABELS);
    const own = parseTracklets(await readText(file), file);
    labels.set(drive, own);
    const swept = new Set(sequence.frames.filter(({ files }) => files.points).map(({ number }) => number));
    for (const frame of own.keys()) {
      if (!swept.has(frame)) stray.push({ file, sweep: `${drive.name}, frame ${frame}` });
    }
  }
  const all = Object.entries(await filmedSplits(sequences, path)).map(([split, frames]) => [
    split,
    new Map([...frames].filter(([, { points }]) => points !== undefined)),
  ]);
  const kept = nonEmpty<Map<string, DriveFrame>>(Object.fromEntries(all), "KITTI raw", path, LAYOUT);
  const frameOf = (split: string, id: string) => kept[split].get(id)!;
  return {
    ...{ name: "KITTI raw", classes: KITTI_CLASSES, passedOver: strayBoxes(stray) },
    detect: KITTI_DETECT as unknown as SweepSource["detect"],
    splits: Object.fromEntries(Object.entries(kept).map(([split, frames]) => [split, [...frames.keys()]])),
    sequences: filmedSequences(sequences, kept),
    isLabelled: async (split, id) => labels.has(frameOf(split, id).drive),
    readSweep: async (split, id) => {
      const { points, pose, unmeasured } = frameOf(split, id);
      return {
        points: await readPoints(points!),
        ...(pose && { pose }),
        ...(unmeasured && { remark: UNMEASURED }),
      };
    },
    readBoxes: async (split, id) => {
      const { drive, number } = frameOf(split, id);
      return labels.get(drive)?.get(number) ?? [];
    },
    readView: (split, id) => viewOf(frameOf(split, id)),
  };
}

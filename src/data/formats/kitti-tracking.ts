/**
 * @file KITTI's tracking benchmark (Geiger et al. 2012): `training/velodyne/SSSS/NNNNNN.bin`,
 * `training/calib/SSSS.txt` and `training/label_02/SSSS.txt`, whose lines begin with a frame and a track;
 * where the sensor stood by `training/oxts/SSSS.txt`. Every fifth sequence is `val`. Ten sweeps a second.
 */
import { join } from "node:path";
import type { Pose } from "../../fields/pose.js";
import { composed, inverted } from "../../geometry/rigid.js";
import { readText } from "../files/bytes.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import {
  KITTI_CLASSES,
  KITTI_DETECT,
  type KittiObject,
  kittiBox,
  kittiToCamera,
  parseKittiLabels,
} from "../sweeps/kitti-boxes.js";
import { kittiView } from "../sweeps/kitti-view.js";
import { readPoints } from "../sweeps/points-file.js";
import type { SweepSource } from "../sweeps/source.js";
import { type StrayBoxes, strayBoxes } from "../sweeps/stray-boxes.js";
import { sweepDataset } from "../sweeps/sweep-dataset.js";
import { USUAL_SWEEPS } from "../sweeps/usual.js";
import type { DatasetFormat } from "../types.js";
import { calibrationLine, poseOfRigid, readCalibration, rigidOfRows } from "./kitti-files.js";
import { parseInertial, UNMEASURED } from "./kitti-inertial.js";
import { notThisFormat } from "./shared.js";

const LAYOUT =
  "training/velodyne/0000/000000.bin with training/calib/0000.txt and training/label_02/0000.txt";
/** Sweeps a second. */
const RATE = 10;

/** A recording. */
interface Recording {
  readonly name: string;
  readonly points: ReadonlyMap<string, string>;
  readonly images: ReadonlyMap<string, string>;
  readonly calibration: string;
  readonly labels?: string;
  readonly inertial?: string;
}

async function recordings(path: string): Promise<Recording[]> {
  const at = (name: string) => join(path, "training", name);
  const labels = await filesByStem(at("label_02"), [".txt"]);
  const inertial = await filesByStem(at("oxts"), [".txt"]);
  const found: Recording[] = [];
  for (const name of (await listFolder(at("velodyne")))?.folders ?? []) {
    const points = await filesByStem(join(at("velodyne"), name), [".bin"]);
    if (points.size === 0) continue;
    const images = await filesByStem(join(at("image_02"), name), IMAGE_EXTENSIONS);
    const calibration = join(at("calib"), `${name}.txt`);
    found.push({
      ...{ name, points, images, calibration },
      ...{ labels: labels.get(name), inertial: inertial.get(name) },
    });
  }
  return found;
}

/** Where the LiDAR stood in each frame, from the first one on. */
async function posesOf({ calibration, inertial }: Recording): Promise<readonly Pose[]> {
  if (inertial === undefined) return [];
  const lines = await readCalibration(calibration);
  const name = lines.has("Tr_imu_to_velo") ? "Tr_imu_to_velo" : "Tr_imu_velo";
  const toLidar = rigidOfRows(calibrationLine(lines, name, 12, calibration));
  const rows = (await readText(inertial)).split("\n").filter((line) => line.trim() !== "");
  const units = parseInertial(rows, inertial).map((unit) => composed(unit, inverted(toLidar)));
  return units.map((unit) => poseOfRigid(composed(inverted(units[0]), unit)));
}

async function openSweeps(path: string): Promise<SweepSource> {
  await requireFolder(path, LAYOUT);
  const all = await recordings(path);
  if (all.length === 0) throw notThisFormat("KITTI's tracking benchmark", path, LAYOUT);
  const stray: StrayBoxes[] = [];
  for (const [name, file] of await filesByStem(join(path, "training", "label_02"), [".txt"])) {
    if (!all.some((own) => own.name === name)) stray.push({ file, sweep: `${name}, all frames` });
  }
  const splitOf = (index: number) => (index % 5 === 4 ? "val" : "train");
  const idOf = (recording: string, stem: string) => `${recording}-${stem}`;
  const places = new Map(
    all.flatMap((own) =>
      [...own.points.keys()].map((stem) => [idOf(own.name, stem), { own, stem }] as const),
    ),
  );
  const poses = new Map<string, readonly Pose[]>();
  const objects = new Map<string, readonly KittiObject[]>();
  const splits: Record<string, string[]> = {};
  const sequences: Record<string, { name: string; frames: string[]; timestamps: number[] }[]> = {};
  for (const [index, own] of all.entries()) {
    const split = splitOf(index);
    const stems = [...own.points.keys()];
    const frames = stems.map((stem) => idOf(own.name, stem));
    splits[split] = [...(splits[split] ?? []), ...frames];
    sequences[split] ??= [];
    sequences[split].push({ name: own.name, frames, timestamps: stems.map((stem) => Number(stem) / RATE) });
    poses.set(own.name, await posesOf(own));
    const labels = own.labels;
    if (labels === undefined) continue;
    const labelled = parseKittiLabels(await readText(labels), labels, true);
    objects.set(own.name, labelled);
    const swept = new Set(stems.map(Number));
    for (const frame of new Set(labelled.map((object) => object.frame!))) {
      if (!swept.has(frame)) stray.push({ file: labels, sweep: `${own.name}, frame ${frame}` });
    }
  }
  return {
    ...{ name: "KITTI tracking", classes: KITTI_CLASSES, splits, sequences, passedOver: strayBoxes(stray) },
    detect: KITTI_DETECT as unknown as SweepSource["detect"],
    isLabelled: async (_split, id) => objects.has(places.get(id)!.own.name),
    readSweep: async (_split, id) => {
      const { own, stem } = places.get(id)!;
      const pose = poses.get(own.name)?.[Number(stem)];
      const unmeasured = own.inertial !== undefined && pose === undefined;
      const points = await readPoints(own.points.get(stem)!);
      return { points, ...(pose && { pose }), ...(unmeasured && { remark: UNMEASURED }) };
    },
    readBoxes: async (_split, id) => {
      const { own, stem } = places.get(id)!;
      const toCamera = kittiToCamera(await readCalibration(own.calibration), own.calibration);
      const there = (objects.get(own.name) ?? []).filter(({ frame }) => frame === Number(stem));
      return there.map((object) => kittiBox(object, toCamera));
    },
    readView: async (_split, id) => {
      const { own, stem } = places.get(id)!;
      return await kittiView(await readCalibration(own.calibration), own.calibration, own.images.get(stem));
    },
  };
}

export const kittiTracking: DatasetFormat = {
  name: "kitti-tracking",
  open: async (path) => sweepDataset(await openSweeps(path), USUAL_SWEEPS),
  openSweeps,
};

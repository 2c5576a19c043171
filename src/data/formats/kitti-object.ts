/**
 * @file KITTI's 3D object benchmark (Geiger et al. 2012): `training/velodyne/NNNNNN.bin`,
 * `calib/NNNNNN.txt` and `label_2/NNNNNN.txt`; pictures, `image_2/NNNNNN.png`, may be there. Every tenth
 * frame of `training` is `val`, or the splits are those of `ImageSets/train.txt` and `val.txt`; `testing` has
 * no public labels and is left out. Frames do not follow one another. Boxes are in the LiDAR's coordinates.
 */
import { join } from "node:path";
import { readText } from "../files/bytes.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { PassedOver } from "../passed-over.js";
import {
  KITTI_CLASSES,
  KITTI_DETECT,
  kittiBox,
  kittiToCamera,
  parseKittiLabels,
} from "../sweeps/kitti-boxes.js";
import { kittiView } from "../sweeps/kitti-view.js";
import { readPoints } from "../sweeps/points-file.js";
import type { SweepSource } from "../sweeps/source.js";
import { strayBoxes } from "../sweeps/stray-boxes.js";
import { sweepDataset } from "../sweeps/sweep-dataset.js";
import { USUAL_SWEEPS } from "../sweeps/usual.js";
import type { DatasetFormat } from "../types.js";
import { readCalibration } from "./kitti-files.js";
import { notThisFormat } from "./shared.js";

const LAYOUT = "training/velodyne/000000.bin with training/calib/000000.txt and training/label_2/000000.txt";
/** Of every ten frames this one is `val`. */
const HELD = 9;

interface Splits {
  readonly splits: Record<string, readonly string[]>;
  readonly passedOver: readonly PassedOver[];
}

/** A word on names of a list that no sweep has. */
function missing(file: string, names: readonly string[]): PassedOver[] {
  if (names.length === 0) return [];
  const message = `${file}: ${names.length} of its names passed over, e.g. ${names[0]}: there is no sweep of that name.`;
  return [{ code: "data.unfitting-name", count: names.length, first: file, message }];
}

/** The published splits, or every tenth frame held out. */
async function splitsOf(path: string, ids: readonly string[]): Promise<Splits> {
  const lists = await filesByStem(join(path, "ImageSets"), [".txt"]);
  const listed: Record<string, readonly string[]> = {};
  const passedOver: PassedOver[] = [];
  for (const split of ["train", "val"]) {
    const file = lists.get(split);
    if (file === undefined) continue;
    const named = new Set((await readText(file)).split(/\s+/).filter(Boolean));
    listed[split] = ids.filter((id) => named.delete(id));
    passedOver.push(...missing(file, [...named]));
  }
  const found = listed.train?.length ? listed : undefined;
  const held = (keep: boolean) => ids.filter((_, i) => (i % 10 === HELD) === keep);
  const splits = found ?? { train: held(false), val: held(true) };
  return {
    splits: Object.fromEntries(Object.entries(splits).filter(([, own]) => own.length > 0)),
    passedOver,
  };
}

async function openSweeps(path: string): Promise<SweepSource> {
  await requireFolder(path, LAYOUT);
  const folder = (name: string) => join(path, "training", name);
  const points = await filesByStem(folder("velodyne"), [".bin"]);
  const images = await filesByStem(folder("image_2"), IMAGE_EXTENSIONS);
  const calibrations = await filesByStem(folder("calib"), [".txt"]);
  const labels = await filesByStem(folder("label_2"), [".txt"]);
  if (points.size === 0) throw notThisFormat("KITTI's object benchmark", path, LAYOUT);
  const calibrationOf = (id: string) => calibrations.get(id) ?? join(folder("calib"), `${id}.txt`);
  const stray = [...labels].flatMap(([sweep, file]) => (points.has(sweep) ? [] : [{ file, sweep }]));
  const { splits, passedOver } = await splitsOf(path, [...points.keys()]);
  return {
    name: "KITTI object",
    classes: KITTI_CLASSES,
    detect: KITTI_DETECT as unknown as SweepSource["detect"],
    splits,
    passedOver: [...strayBoxes(stray), ...passedOver],
    isLabelled: async (_split, id) => labels.has(id),
    readSweep: async (_split, id) => ({ points: await readPoints(points.get(id)!) }),
    readBoxes: async (_split, id) => {
      const file = labels.get(id);
      if (file === undefined) return [];
      const calibration = calibrationOf(id);
      const toCamera = kittiToCamera(await readCalibration(calibration), calibration);
      return parseKittiLabels(await readText(file), file).map((object) => kittiBox(object, toCamera));
    },
    readView: async (_split, id) => {
      if (!calibrations.has(id)) return undefined;
      const calibration = calibrationOf(id);
      return await kittiView(await readCalibration(calibration), calibration, images.get(id));
    },
  };
}

export const kittiObject: DatasetFormat = {
  name: "kitti-object",
  open: async (path) => sweepDataset(await openSweeps(path), USUAL_SWEEPS),
  openSweeps,
};

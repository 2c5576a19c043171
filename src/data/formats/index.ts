/** @file The registry of dataset formats. */
import { UserError } from "../../common/errors.js";
import { registry } from "../../common/registry.js";
import { suggest } from "../../common/suggest.js";
import { folder } from "../folder.js";
import { resizedDataset } from "../resize.js";
import { withScans } from "../sweeps/scan.js";
import type { SweepSource } from "../sweeps/source.js";
import { sweepDataset } from "../sweeps/sweep-dataset.js";
import type { Dataset, DatasetFormat, DatasetSource } from "../types.js";
import { bdd100k } from "./bdd100k.js";
import { bsds500 } from "./bsds500.js";
import { camvid } from "./camvid.js";
import { cityscapes, cityscapes7 } from "./cityscapes.js";
import { cocoPanoptic } from "./coco-panoptic.js";
import { kittiObject } from "./kitti-object.js";
import { kittiOdometry } from "./kitti-odometry.js";
import { kittiRaw } from "./kitti-raw.js";
import { kittiTracking } from "./kitti-tracking.js";
import { mtanCityscapes7, mtanCityscapes19, mtanNyu } from "./mtan.js";
import { nuscenes } from "./nuscenes.js";
import { nyuMultitask } from "./nyu-multitask.js";
import { nyuV2Mat, nyuV2Mat13 } from "./nyu-v2-mat.js";
import { pascalVoc } from "./pascal-voc.js";
import { pascalVocAug } from "./pascal-voc-aug.js";
import { sbd } from "./sbd.js";
import { scannet } from "./scannet.js";
import { scenenet } from "./scenenet.js";
import { sevenScenes } from "./seven-scenes.js";
import { sunrgbd } from "./sunrgbd.js";
import { taskonomy } from "./taskonomy.js";
import { waymo } from "./waymo.js";

const ALL: readonly DatasetFormat[] = [
  folder,
  camvid,
  sevenScenes,
  nyuMultitask,
  nyuV2Mat,
  nyuV2Mat13,
  mtanNyu,
  mtanCityscapes7,
  mtanCityscapes19,
  cityscapes,
  cityscapes7,
  taskonomy,
  sunrgbd,
  pascalVoc,
  pascalVocAug,
  sbd,
  cocoPanoptic,
  bdd100k,
  bsds500,
  waymo,
  kittiOdometry,
  kittiRaw,
  kittiObject,
  kittiTracking,
  nuscenes,
  scannet,
  scenenet,
];

/** Every format, by name. */
export const formats = registry<DatasetFormat>(
  "formats",
  Object.fromEntries(ALL.map((format) => [format.name, format])),
);

/**
 * Opens a dataset. Throws UserError on an unknown format, a missing folder and files that do not fit the
 * format.
 */
export async function openDataset(source: DatasetSource): Promise<Dataset> {
  if (!Object.hasOwn(formats, source.format)) {
    const near = suggest(source.format, Object.keys(formats));
    throw new UserError({
      code: "data.unknown-format",
      what: "unknown dataset format",
      expected: `one of ${Object.keys(formats).join(", ")}`,
      got: source.format,
      fix: near === undefined ? undefined : `Did you mean ${near}?`,
    });
  }
  if (source.sweeps !== undefined) return sweepDataset(await openSource(source), source.sweeps);
  const sweeps = source.scan ? await openSource(source) : undefined;
  const images = await formats[source.format].open(source.path);
  return resizedDataset(sweeps === undefined ? images : withScans(images, sweeps), source);
}

/** The sweeps of a dataset. Throws UserError where its format has none. */
async function openSource({ format, path }: DatasetSource): Promise<SweepSource> {
  const open = formats[format].openSweeps;
  if (open !== undefined) return await open(path);
  throw new UserError({
    code: "data.no-sweeps",
    what: `LiDAR sweeps are wanted, and data of the format ${format} has none`,
    where: path,
    expected: `one of ${Object.keys(formats)
      .filter((name) => formats[name].openSweeps !== undefined)
      .join(", ")}`,
    got: format,
  });
}

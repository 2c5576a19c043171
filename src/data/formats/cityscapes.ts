/**
 * @file Cityscapes (Cordts et al. 2016) as published: `leftImg8bit/<split>/<city>/<id>_leftImg8bit.png`,
 * `gtFine/.../<id>_gtFine_labelIds.png`, `disparity/.../<id>_disparity.png` (16-bit, p = 0 unknown, else
 * (p - 1) / 256 pixels), `camera/.../<id>_camera.json`. `cityscapes` has the 19 evaluated classes,
 * `cityscapes7` their categories; everything else is ignored.
 *
 * With `camera/`, the task `depth` is baseline · fx / disparity in metres, unknown beyond 250 m, where
 * disparity is hardly two pixels; images without a camera file have none. The task `inverse-depth` is
 * disparity / 256 pixels, of kind `depth`: its errors are no metres. Beside `depth` it is a task for runs
 * that name it.
 *
 * Papers report the published `val`: it is `test` here, and three cities of the published `train` are `val`
 * (`hold-out.ts`). The published `test` has no public labels and is left out.
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import { CITYSCAPES_7 } from "../../tasks/class-maps.js";
import { CITYSCAPES_CLASSES } from "../../tasks/class-names.js";
import { parseTaskSpec } from "../../tasks/index.js";
import type { Raster, TaskSpec } from "../../tasks/task.js";
import { fileDataset, type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { holdOut } from "./hold-out.js";
import { depthSpec, nonEmpty, segmentationSpec } from "./shared.js";

const LAYOUT = "leftImg8bit/train/<city>/*_leftImg8bit.png, gtFine/train/<city>/*_gtFine_labelIds.png";
/** 359 of the 2975 training images. Held out as cities, because images of one city show the same streets. */
const VALIDATION_CITIES = ["ulm", "weimar", "zurich"];
const IGNORE = 255;
/** Label ids of the 19 evaluated classes, in the order of their train ids. */
const LABEL_IDS = [7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33];
/** Metres. */
const FARTHEST = 250;

const cameraSchema = z.object({
  extrinsic: z.object({ baseline: z.number().positive() }),
  intrinsic: z.object({
    fx: z.number().positive(),
    fy: z.number().positive(),
    u0: z.number(),
    v0: z.number(),
  }),
});

/** Camera of the left image, and metres of depth times pixels of disparity. */
interface StereoCamera {
  readonly camera: PinholeCamera;
  readonly focalBaseline: number;
}

async function readCamera(path: string): Promise<StereoCamera> {
  try {
    const { extrinsic, intrinsic } = cameraSchema.parse(JSON.parse(await readText(path)));
    const { fx, fy, u0, v0 } = intrinsic;
    return { camera: { fx, fy, cx: u0, cy: v0 }, focalBaseline: extrinsic.baseline * fx };
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      {
        code: "data.bad-camera",
        what: "this is no Cityscapes camera file",
        where: path,
        expected: "extrinsic.baseline and intrinsic.fx, fy, u0, v0",
      },
      { cause },
    );
  }
}

/** Label ids -> classes of `table`, ids without one -> ignored. */
function translate(raster: Raster, table: Uint8Array, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 8 }, where);
  return { ...raster, data: Uint8Array.from(raster.data, (id) => table[id]) };
}

/** Disparity file -> floats; `change` takes pixels of disparity and gives 0 where it is unknown. */
function mapDisparity(raster: Raster, change: (pixels: number) => number, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return { ...raster, data: Float32Array.from(raster.data, (p) => (p > 1 ? change((p - 1) / 256) : 0)) };
}

const metres = depthSpec(200);
const inverse = parseTaskSpec({ kind: "depth", scale: 1 / 65536 }, "inverse-depth");

/** Files of one kind in one split by the id they share, e.g. aachen_000000_000019. */
async function listKind(
  path: string,
  folder: string,
  split: string,
  ending: string,
): Promise<Map<string, string>> {
  const root = join(path, folder, split);
  const found = new Map<string, string>();
  for (const city of (await listFolder(root))?.folders ?? []) {
    for (const [stem, file] of await filesByStem(join(root, city), [".png", ".jpg", ".json"])) {
      if (stem.endsWith(ending)) found.set(stem.slice(0, -ending.length), file);
    }
  }
  return found;
}

const inverseLabel = (file: string): LabelFile =>
  labelFile(file, inverse, (raster, where) => mapDisparity(raster, (pixels) => pixels / 256, where));

function depthLabel(file: string, { focalBaseline }: StereoCamera): LabelFile {
  const depth = (pixels: number) => {
    const distance = focalBaseline / pixels;
    return distance <= FARTHEST ? distance : 0;
  };
  return labelFile(file, metres, (raster, where) => mapDisparity(raster, depth, where));
}

interface Labelling {
  readonly spec: TaskSpec;
  /** Class of each label id. */
  readonly table: Uint8Array;
}

async function readSplit(path: string, split: string, labelling: Labelling) {
  const { spec, table } = labelling;
  const masks = await listKind(path, "gtFine", split, "_gtFine_labelIds");
  const disparities = await listKind(path, "disparity", split, "_disparity");
  const cameras = await listKind(path, "camera", split, "_camera");
  const samples = new Map<string, SampleFiles>();
  for (const [id, image] of await listKind(path, "leftImg8bit", split, "_leftImg8bit")) {
    const labels: Record<string, LabelFile> = {};
    const [mask, disparity, cameraFile] = [masks.get(id), disparities.get(id), cameras.get(id)];
    const stereo = cameraFile === undefined ? undefined : await readCamera(cameraFile);
    if (mask !== undefined) {
      labels.segmentation = labelFile(mask, spec, (raster, where) => translate(raster, table, where));
    }
    if (disparity !== undefined) {
      if (stereo !== undefined) labels.depth = depthLabel(disparity, stereo);
      labels["inverse-depth"] = inverseLabel(disparity);
    }
    samples.set(id, { image, labels, camera: stereo?.camera });
  }
  return samples;
}

function cityscapesFormat(
  name: string,
  classes: readonly string[],
  classOf: (trainId: number) => number,
): DatasetFormat {
  const spec = segmentationSpec(classes, IGNORE);
  const table = new Uint8Array(256).fill(IGNORE);
  for (const [trainId, id] of LABEL_IDS.entries()) table[id] = classOf(trainId);
  const open = async (path: string): Promise<Dataset> => {
    const { folders } = await requireFolder(path, LAYOUT);
    const published = await readSplit(path, "train", { spec, table });
    const files = {
      ...(await holdOut(path, published, (id) => VALIDATION_CITIES.includes(id.split("_")[0]))),
      test: await readSplit(path, "val", { spec, table }),
    };
    const kept = nonEmpty(files, "Cityscapes", path, LAYOUT);
    const metric = folders.includes("camera");
    const depth: Record<string, TaskSpec> = metric ? { depth: metres } : { "inverse-depth": inverse };
    const measured = folders.includes("disparity");
    const tasks = { segmentation: spec, ...(measured && depth) };
    const derived = measured && metric && { derived: { "inverse-depth": inverse } };
    return fileDataset({ name: "Cityscapes", tasks, ...derived }, kept, path);
  };
  return { name, open };
}

export const cityscapes = cityscapesFormat("cityscapes", CITYSCAPES_CLASSES, (trainId) => trainId);
export const cityscapes7 = cityscapesFormat(
  "cityscapes7",
  CITYSCAPES_7.classes,
  (trainId) => CITYSCAPES_7.of[trainId],
);

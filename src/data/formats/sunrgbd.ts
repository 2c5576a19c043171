/**
 * @file SUN RGB-D (Song, Lichtenberg, Xiao 2015), one folder a frame, found at any depth. Official layout:
 * `image/*.jpg`, `depth_bfx/*.png` (in-painted; else `depth/*.png`), `intrinsics.txt` (3x3). Flat layout:
 * `image.jpg`, `depth-x5000.png` (metres x 5000), `calib.txt` (tilt, then intrinsics, column by column). Both
 * may hold `semseg37.png` (0..36, 255 = no label). Splits are the official ones where `allsplit.mat` of the
 * toolbox is there (`sunrgbd-split.ts`); else frames in folders named `test-*` are `test`, all others
 * `train`. Normals are derived from depth.
 */
import { join, relative, sep } from "node:path";
import type { PinholeCamera } from "../../geometry/camera.js";
import type { Raster } from "../../tasks/task.js";
import { fileDataset, type LabelFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { derivedNormalsFile } from "./derived-normals.js";
import {
  cameraFromMatrix,
  depthSpec,
  mapDepth,
  nonEmpty,
  normalsSpec,
  parseNumbers,
  segmentationSpec,
} from "./shared.js";
import { findOfficialSplit, splitOfficially } from "./sunrgbd-split.js";

const CLASSES = [
  "wall",
  "floor",
  "cabinet",
  "bed",
  "chair",
  "sofa",
  "table",
  "door",
  "window",
  "bookshelf",
  "picture",
  "counter",
  "blinds",
  "desk",
  "shelves",
  "curtain",
  "dresser",
  "pillow",
  "mirror",
  "floor_mat",
  "clothes",
  "ceiling",
  "books",
  "fridge",
  "tv",
  "paper",
  "towel",
  "shower_curtain",
  "box",
  "whiteboard",
  "person",
  "night_stand",
  "toilet",
  "sink",
  "lamp",
  "bathtub",
  "bag",
];
const LAYOUT = "folders with image/*.jpg, depth_bfx/*.png and intrinsics.txt, or with image.jpg";
/** Depth of the folder tree that is searched: SUNRGBD/kv2/align_kv2/<frame> is four. */
const MAX_LEVELS = 6;

const tasks = {
  segmentation: segmentationSpec(CLASSES, 255),
  depth: depthSpec(1000),
  normals: normalsSpec(),
};

/** The official encoding: millimetres rotated left by three bits; what lies beyond 8 m is cut to 8 m. */
function officialDepth(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return mapDepth(raster, (value) => Math.min(((value >> 3) | (value << 13)) & 0xffff, 8000));
}

function flatDepth(raster: Raster, where: string): Raster {
  expectRaster(raster, { channels: 1, bits: 16 }, where);
  return raster;
}

/** The first image of a sub-folder. */
async function onlyFile(folder: string): Promise<string | undefined> {
  return (await filesByStem(folder, IMAGE_EXTENSIONS)).values().next().value;
}

/** MATLAB counts pixels from 1. */
function fromOne(camera: PinholeCamera): PinholeCamera {
  return { ...camera, cx: camera.cx - 1, cy: camera.cy - 1 };
}

async function officialFrame(folder: string, image: string, files: readonly string[]): Promise<SampleFiles> {
  const labels: Record<string, LabelFile> = {};
  const depth = (await onlyFile(join(folder, "depth_bfx"))) ?? (await onlyFile(join(folder, "depth")));
  const calibration = join(folder, "intrinsics.txt");
  const camera = files.includes("intrinsics.txt")
    ? fromOne(cameraFromMatrix(parseNumbers(await readText(calibration), 9, calibration), calibration))
    : undefined;
  if (depth !== undefined) labels.depth = labelFile(depth, tasks.depth, officialDepth);
  return withSegmentation({ image, labels, camera }, folder, files);
}

async function flatFrame(folder: string, image: string, files: readonly string[]): Promise<SampleFiles> {
  const labels: Record<string, LabelFile> = {};
  const calibration = join(folder, "calib.txt");
  let camera: PinholeCamera | undefined;
  if (files.includes("calib.txt")) {
    const k = parseNumbers(await readText(calibration), 18, calibration).slice(9);
    camera = fromOne(cameraFromMatrix([k[0], k[3], k[6], k[1], k[4], k[7], k[2], k[5], k[8]], calibration));
  }
  if (files.includes("depth-x5000.png")) {
    labels.depth = labelFile(join(folder, "depth-x5000.png"), depthSpec(5000), flatDepth);
  }
  return withSegmentation({ image, labels, camera }, folder, files);
}

function withSegmentation(frame: SampleFiles, folder: string, files: readonly string[]): SampleFiles {
  const labels: Record<string, LabelFile> = { ...frame.labels };
  if (frame.labels.depth !== undefined && frame.camera !== undefined) {
    labels.normals = derivedNormalsFile(frame.labels.depth, frame.camera);
  }
  if (files.includes("semseg37.png")) {
    labels.segmentation = labelFile(join(folder, "semseg37.png"), tasks.segmentation);
  }
  return { ...frame, labels };
}

/** Adds every frame in and below `folder`. */
async function collect(
  root: string,
  folder: string,
  level: number,
  add: (id: string, frame: SampleFiles) => void,
): Promise<void> {
  const listing = await listFolder(folder);
  if (listing === undefined) return;
  const id = relative(root, folder).split(sep).join("__");
  const inner = listing.folders.includes("image") ? await onlyFile(join(folder, "image")) : undefined;
  if (inner !== undefined) {
    add(id, await officialFrame(folder, inner, listing.files));
  } else if (listing.files.includes("image.jpg")) {
    add(id, await flatFrame(folder, join(folder, "image.jpg"), listing.files));
  } else if (level < MAX_LEVELS) {
    for (const name of listing.folders) await collect(root, join(folder, name), level + 1, add);
  }
}

/** Without the official split: by the folder's name. */
function splitByName(frames: ReadonlyMap<string, SampleFiles>): Record<string, Map<string, SampleFiles>> {
  const isTest = (id: string) => id.split("__").some((part) => part.startsWith("test-"));
  return {
    train: new Map([...frames].filter(([id]) => !isTest(id))),
    test: new Map([...frames].filter(([id]) => isTest(id))),
  };
}

async function open(path: string): Promise<Dataset> {
  await requireFolder(path, LAYOUT);
  const frames = new Map<string, SampleFiles>();
  await collect(path, path, 0, (id, frame) => frames.set(id === "" ? "frame" : id, frame));
  const official = findOfficialSplit(path);
  const files = official === undefined ? splitByName(frames) : await splitOfficially(path, official, frames);
  return fileDataset({ name: "SUN RGB-D", tasks }, nonEmpty(files, "SUN RGB-D", path, LAYOUT), path);
}

export const sunrgbd: DatasetFormat = { name: "sunrgbd", open };

/**
 * @file ScanNet (Dai et al. 2017), scenes exported from .sens files by its SensReader: `<scene>/color/N.jpg`,
 * `depth/N.png` (millimetres, 0 = unknown), `pose/N.txt` (camera to scene, 4x4) and `intrinsic/` with
 * `intrinsic_depth.txt`, in the folder itself or in `scans/`. Colour images are brought to the size of the
 * depth images, whose intrinsics count. Frames whose pose was lost (infinite numbers) end a sequence and are
 * left out. `scannetv2_train.txt`, `_val.txt`, `_test.txt` list the scenes of each split; those in none, and
 * all where there are no lists, are `train`, of which the last one is `val` where no other is.
 */
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import { type ImageFile, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster, readImage, readRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import { resizeSample } from "../resize.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { type FilmedFrame, type FilmedSequence, filmedDataset } from "./filmed.js";
import { readPose } from "./pose-file.js";
import { cameraFromMatrix, depthSpec, parseNumbers } from "./shared.js";

const LAYOUT = "scene0000_00/color/0.jpg, depth/0.png, pose/0.txt, intrinsic/intrinsic_depth.txt";
const INTRINSICS = "intrinsic/intrinsic_depth.txt";
const SPLITS = ["train", "val", "test"] as const;

const spec = depthSpec(1000);

async function readCamera(path: string): Promise<PinholeCamera> {
  const [fx, , cx, , , fy, cy] = parseNumbers(await readText(path), 16, path);
  return cameraFromMatrix([fx, 0, cx, 0, fy, cy, 0, 0, 1], path);
}

/** A colour image at the size of its depth image. */
function likeDepth(file: string, depth: string): ImageFile {
  const read = async () => {
    const { width, height, data } = await readImage(file);
    const like = await readRaster(depth);
    const sample = { id: "", width, height, image: data, labels: {} };
    const resized = resizeSample(sample, {}, [like.height, like.width]);
    return { width: resized.width, height: resized.height, data: resized.image };
  };
  return { file, read };
}

/** The frames of a scene that have a depth image and a pose; undefined where it is no scene. */
async function readScene(folder: string): Promise<FilmedFrame[] | undefined> {
  const { folders = [] } = (await listFolder(folder)) ?? {};
  if (!folders.includes("color")) return undefined;
  const camera = await readCamera(join(folder, INTRINSICS));
  const depths = await filesByStem(join(folder, "depth"), [".png"]);
  const poses = await filesByStem(join(folder, "pose"), [".txt"]);
  const frames: FilmedFrame[] = [];
  for (const [stem, image] of await filesByStem(join(folder, "color"), IMAGE_EXTENSIONS)) {
    const [depth, poseFile] = [depths.get(stem), poses.get(stem)];
    if (depth === undefined || poseFile === undefined) throw missing(folder, stem, depth === undefined);
    const pose = await readPose(poseFile);
    if (pose === undefined) continue;
    const label = labelFile(depth, spec, (raster, where) => {
      expectRaster(raster, { channels: 1, bits: 16 }, where);
      return raster;
    });
    const files: SampleFiles = { image: likeDepth(image, depth), labels: { depth: label }, camera, pose };
    frames.push({ number: Number(stem), stem, files });
  }
  return frames.sort((a, b) => a.number - b.number);
}

function missing(folder: string, frame: string, isDepth: boolean): UserError {
  return new UserError({
    code: "data.missing-file",
    what: `frame ${frame} has no ${isDepth ? "depth image" : "pose"}`,
    where: folder,
    expected: isDepth ? `depth/${frame}.png` : `pose/${frame}.txt`,
    fix: "Export the scene again, with colour, depth, poses and intrinsics.",
  });
}

/** The split of each scene that a list names. */
async function readLists(
  path: string,
  files: readonly string[],
): Promise<Map<string, (typeof SPLITS)[number]>> {
  const splits = new Map<string, (typeof SPLITS)[number]>();
  for (const split of SPLITS) {
    const name = `scannetv2_${split}.txt`;
    if (!files.includes(name)) continue;
    for (const scene of (await readText(join(path, name))).split(/\s+/)) splits.set(scene, split);
  }
  return splits;
}

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const splits = await readLists(path, root.files);
  const base = root.folders.includes("scans") ? join(path, "scans") : path;
  const sequences: FilmedSequence[] = [];
  for (const name of (await requireFolder(base, LAYOUT)).folders) {
    const frames = await readScene(join(base, name));
    if (frames !== undefined) sequences.push({ name, split: splits.get(name) ?? "train", frames });
  }
  return filmedDataset({
    about: { name: "ScanNet", tasks: { depth: spec } },
    sequences,
    path,
    layout: LAYOUT,
  });
}

export const scannet: DatasetFormat = { name: "scannet", open };

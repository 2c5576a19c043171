/**
 * @file 7-Scenes (Shotton et al. 2013): `frame-NNNNNN.color.(png|jpg)`, `.depth.png` (millimetres, 0 and
 * 65535 = unknown), `.pose.txt` (4x4, camera to world). Normals are derived from depth. A scene as it is
 * downloaded has its frames in `seq-NN/`, and the published splits in `TrainSplit.txt` and `TestSplit.txt`;
 * the last of several training sequences, else every tenth run of eight frames, is `val`. Frames may also
 * lie in the folder or in `frames/`, with `splits.json` that lists frame numbers a split, else all are
 * `train`. `camera-intrinsics.txt` (3x3), else the Kinect's 585/585/320/240.
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import { fileDataset, labelFile, type SampleFiles } from "../file-dataset.js";
import { readText } from "../files/bytes.js";
import { expectRaster } from "../files/raster.js";
import { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { derivedNormalsFile } from "./derived-normals.js";
import { filmedRuns } from "./filmed.js";
import { readPose } from "./pose-file.js";
import { downloadedSplits, framesOf, requireUnpacked, SEQUENCE } from "./seven-scenes-splits.js";
import { cameraFromMatrix, depthSpec, mapDepth, nonEmpty, normalsSpec, parseNumbers } from "./shared.js";

const LAYOUT = "seq-01/frame-000000.color.png, seq-01/frame-000000.depth.png, or the same in frames/";
const KINECT: PinholeCamera = { fx: 585, fy: 585, cx: 320, cy: 240 };
const splitsSchema = z.record(z.string(), z.array(z.number().int().nonnegative()));

async function readCamera(path: string): Promise<PinholeCamera> {
  return cameraFromMatrix(parseNumbers(await readText(path), 9, path), path);
}

/** Frame ids (`000042`) by split. */
async function readSplits(path: string): Promise<Record<string, string[]>> {
  try {
    const parsed = splitsSchema.parse(JSON.parse(await readText(path)));
    return Object.fromEntries(
      Object.entries(parsed).map(([split, frames]) => [
        split,
        frames.map((frame) => String(frame).padStart(6, "0")),
      ]),
    );
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(
      {
        code: "data.bad-splits",
        what: "the file does not list frame numbers by split",
        where: path,
        expected: '{"train": [0, 1], "val": [2]}',
      },
      { cause },
    );
  }
}

const TASKS = { depth: depthSpec(1000), normals: normalsSpec() };

/** The frames of a folder, by number. */
async function readFrames(folder: string, camera: PinholeCamera): Promise<Map<string, SampleFiles>> {
  const stems = await filesByStem(folder, IMAGE_EXTENSIONS);
  const poses = await filesByStem(folder, [".txt"]);
  const samples = new Map<string, SampleFiles>();
  for (const [stem, image] of stems) {
    const id = /^frame-(\d+)\.color$/.exec(stem)?.[1];
    if (id === undefined) continue;
    const file = stems.get(`frame-${id}.depth`);
    const depth =
      file &&
      labelFile(file, TASKS.depth, (raster, where) => {
        expectRaster(raster, { channels: 1, bits: 16 }, where);
        return mapDepth(raster, (value) => (value === 65535 ? 0 : value));
      });
    const labels: SampleFiles["labels"] = depth ? { depth, normals: derivedNormalsFile(depth, camera) } : {};
    const poseFile = poses.get(`frame-${id}.pose`);
    const pose = poseFile && (await readPose(poseFile));
    samples.set(id, { image, labels, camera, ...(pose && { pose }) });
  }
  return samples;
}

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const camera = root.files.includes("camera-intrinsics.txt")
    ? await readCamera(join(path, "camera-intrinsics.txt"))
    : KINECT;
  const about = { name: "7-Scenes", tasks: TASKS };
  const names = root.folders.filter((name) => SEQUENCE.test(name));
  if (names.length > 0) {
    const frames = new Map<string, Map<string, SampleFiles>>();
    for (const name of names) frames.set(name, await readFrames(join(path, name), camera));
    const { files, sequences } = await downloadedSplits(path, root.files, frames);
    const dataset = fileDataset(about, nonEmpty(files, "7-Scenes", path, LAYOUT), path);
    return { ...dataset, info: { ...dataset.info, sequences } };
  }
  requireUnpacked(root.files, path);
  const samples = await readFrames(root.folders.includes("frames") ? join(path, "frames") : path, camera);
  const splits = root.files.includes("splits.json")
    ? await readSplits(join(path, "splits.json"))
    : { train: [...samples.keys()] };
  const files = Object.fromEntries(
    Object.entries(splits).map(([split, ids]) => [split, pick(samples, ids, split, path)]),
  );
  const dataset = fileDataset(about, nonEmpty(files, "7-Scenes", path, LAYOUT), path);
  const sequences = Object.entries(files).map(
    ([split, own]) => [split, filmedRuns(split, framesOf(own), ({ stem }) => stem)] as const,
  );
  return { ...dataset, info: { ...dataset.info, sequences: Object.fromEntries(sequences) } };
}

function pick(samples: ReadonlyMap<string, SampleFiles>, ids: string[], split: string, path: string) {
  const missing = ids.find((id) => !samples.has(id));
  if (missing === undefined) return new Map(ids.map((id) => [id, samples.get(id)!] as const));
  throw new UserError({
    code: "data.missing-file",
    what: `split ${split} lists a frame that is not there`,
    where: join(path, "splits.json"),
    got: `frame-${missing}.color`,
  });
}

export const sevenScenes: DatasetFormat = { name: "seven-scenes", open };

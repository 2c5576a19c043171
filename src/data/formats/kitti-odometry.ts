/**
 * @file KITTI odometry (Geiger et al. 2012): `sequences/NN/image_2/NNNNNN.png` (or `image_0`, grey, or
 * `image_l`), `sequences/NN/calib.txt`, `times.txt`, and `poses/NN.txt` of sequences 00 to 10; a sequence's
 * `poses.txt` may also lie in its own folder, and sequences in the folder itself. Poses are camera 0's; those
 * of another camera follow by the calibration. 09 and 10 are `test` (Zhou et al. 2017), sequences without
 * poses `train`; the last training sequence with poses, 08 of the full set, is `val`, of a single one every
 * tenth run of eight frames. There is no depth: the task is there for networks that learn it from video.
 */
import { basename, join } from "node:path";
import { UserError } from "../../common/errors.js";
import { composed, type RigidMotion } from "../../geometry/rigid.js";
import { readText } from "../files/bytes.js";
import { filesByStem, IMAGE_EXTENSIONS, listFolder, requireFolder } from "../listing.js";
import type { Dataset, DatasetFormat } from "../types.js";
import { type FilmedFrame, type FilmedSequence, filmedDataset } from "./filmed.js";
import {
  besideFirst,
  calibrationLine,
  poseOfRigid,
  readCalibration,
  rectifiedCamera,
  rigidOfRows,
} from "./kitti-files.js";
import { depthSpec, parseNumbers } from "./shared.js";

const LAYOUT = "sequences/00/image_2/000000.png with sequences/00/calib.txt, and poses/00.txt";
/** Folders of images, the best first, with their lines in calib.txt. */
const CAMERAS = [
  ["image_2", "P2"],
  ["image_0", "P0"],
  ["image_l", "P0"],
] as const;
const TEST = new Set(["09", "10"]);

async function readPoses(path: string, frames: number): Promise<RigidMotion[]> {
  const lines = (await readText(path)).split("\n").filter((line) => line.trim() !== "");
  if (lines.length !== frames) {
    throw new UserError({
      code: "data.poses-misfit",
      what: "there is not one pose for each frame",
      where: path,
      expected: `${frames} lines`,
      got: String(lines.length),
      fix: "Put back the frames that are missing, or take the file away to go without poses.",
    });
  }
  return lines.map((line, i) => rigidOfRows(parseNumbers(line, 12, `${path}: line ${i + 1}`)));
}

interface Found {
  readonly name: string;
  readonly posed: boolean;
  readonly frames: readonly FilmedFrame[];
}

/** A sequence; undefined where the folder holds no images. */
async function readSequence(folder: string, shared: string | undefined): Promise<Found | undefined> {
  const name = basename(folder);
  const { files = [], folders = [] } = (await listFolder(folder)) ?? {};
  const [images, line] = CAMERAS.find(([each]) => folders.includes(each)) ?? [];
  if (images === undefined || line === undefined) return undefined;
  const pictures = [...(await filesByStem(join(folder, images), IMAGE_EXTENSIONS))];
  const calibration = join(folder, "calib.txt");
  const rectified = rectifiedCamera(
    calibrationLine(await readCalibration(calibration), line, 12, calibration),
    calibration,
  );
  const own = files.includes("poses.txt") ? join(folder, "poses.txt") : shared;
  const poses = own === undefined ? [] : await readPoses(own, pictures.length);
  const times = files.includes("times.txt")
    ? parseNumbers(await readText(join(folder, "times.txt")), pictures.length, join(folder, "times.txt"))
    : [];
  const frames = pictures.map(([stem, image], i) => ({
    number: Number(stem),
    stem,
    time: times[i],
    files: {
      image,
      labels: {},
      camera: rectified.camera,
      ...(poses.length > 0 && { pose: poseOfRigid(composed(poses[i], besideFirst(rectified))) }),
    },
  }));
  return { name, posed: poses.length > 0, frames };
}

async function open(path: string): Promise<Dataset> {
  const root = await requireFolder(path, LAYOUT);
  const base = root.folders.includes("sequences") ? join(path, "sequences") : path;
  const { files: poses = [] } = (await listFolder(join(path, "poses"))) ?? {};
  const { folders } = await requireFolder(base, LAYOUT);
  const found: Found[] = [];
  for (const name of folders) {
    const shared = poses.includes(`${name}.txt`) ? join(path, "poses", `${name}.txt`) : undefined;
    const sequence = await readSequence(join(base, name), shared);
    if (sequence !== undefined) found.push(sequence);
  }
  const training = found.filter(({ name, posed }) => posed && !TEST.has(name));
  const held = training.length > 1 ? training[training.length - 1].name : undefined;
  const sequences = found.map(({ name, frames }): FilmedSequence => {
    const split = TEST.has(name) ? "test" : name === held ? "val" : "train";
    return { name, split, frames };
  });
  const about = { name: "KITTI odometry", tasks: { depth: depthSpec(256) } };
  return filmedDataset({ about, sequences, path, layout: LAYOUT });
}

export const kittiOdometry: DatasetFormat = { name: "kitti-odometry", open };

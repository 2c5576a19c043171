/** @file Readers of LiDAR sweeps and their boxes. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { openDataset } from "../../src/data/formats/index.js";
import { calibrationLine, readCalibration } from "../../src/data/formats/kitti-files.js";
import { parseInertial } from "../../src/data/formats/kitti-inertial.js";
import { parseTable } from "../../src/data/formats/nuscenes-tables.js";
import { parseBoxesFile } from "../../src/data/sweeps/folder-sweeps.js";
import { parseKittiLabels } from "../../src/data/sweeps/kitti-boxes.js";
import { parseTracklets } from "../../src/data/sweeps/kitti-tracklets.js";
import { readPoints } from "../../src/data/sweeps/points-file.js";
import { trackletsXml } from "../../tests/helpers/tracklets.js";
import { matrixMessage, type WaymoMatrix, waymoFrame } from "../../tests/helpers/waymo.js";
import { asFile, type FuzzedReader, scratch, text, textReader } from "./reader.js";

let folders = 0;

/** Reads the samples of a file of frames. A new folder each time: open files are kept by path and state. */
export async function readWaymo(bytes: Uint8Array, more: object, tasks: readonly string[]): Promise<void> {
  const root = join(scratch, `waymo-${folders++}`);
  mkdirSync(join(root, "training"), { recursive: true });
  try {
    writeFileSync(join(root, "training/a.tfrecord"), bytes);
    const dataset = await openDataset({ format: "waymo", path: root, ...more });
    for (const [split, ids] of Object.entries(dataset.info.splits)) {
      for (const id of ids) await dataset.read(split, id, tasks);
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const SWEEPS = { grid: { x: [-8, 8], y: [-8, 8], z: [-3, 3], cell: 1 }, frames: 1, step: 1 };
const readWaymoSweeps = (bytes: Uint8Array) => readWaymo(bytes, { sweeps: SWEEPS }, ["boxes"]);

const RANGES = { dims: [2, 3, 4], values: Array.from({ length: 24 }, (_, i) => 1 + (i % 4)) };
/** A frame with the range image of a laser, given as a matrix or as compressed bytes, and a box. */
function sweptFrame(image: WaymoMatrix | Uint8Array): Uint8Array {
  const still = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];
  const poses = { dims: [2, 3, 6], values: new Array(36).fill(0) };
  const laser = { name: 1, inclinations: [-0.1, 0.1], extrinsic: still, returns: [image], poses };
  const labels = [{ box: [3, 1, 0, 2, 4, 1.5, 0], type: 1, id: "a", level: 2, points: 3 }];
  return waymoFrame({ pose: still, lasers: [laser], labels });
}

/** Readers of sweeps, boxes, calibrations and poses. */
export const sweepReaders: readonly FuzzedReader[] = [
  { name: "swept tfrecord", sound: [sweptFrame(RANGES)], read: readWaymoSweeps },
  {
    name: "range image",
    sound: [true, false].map((packed) => matrixMessage(RANGES, packed)),
    // Compressed after the damage, lest the stream's checksum keep it from what is inside.
    read: (bytes) => readWaymoSweeps(sweptFrame(deflateSync(bytes))),
  },
  {
    name: "laser scan",
    sound: [new Uint8Array(64)],
    read: (bytes) => asFile(".bin", bytes, readPoints),
  },
  {
    name: "calibration",
    sound: [text("P0: 1 0 0 0 0 1 0 0 0 0 1 0\nP2: 2 0 0 0 0 1 0 0 0 0 1 0\n")],
    read: (bytes) =>
      asFile(".txt", bytes, async (path) => calibrationLine(await readCalibration(path), "P2", 12, path)),
  },
  textReader(
    "nuScenes table",
    ['[{"token": "a", "translation": [1, 2, 3], "rotation": [1, 0, 0, 0], "sensor_token": "s"}]'],
    (content) => parseTable(content, "calibrated_sensor", "fuzz.json"),
  ),
  textReader("KITTI labels", ["Car 0 0 -1.5 100 100 200 200 1.5 1.6 4 -2 1.7 10 -1.57\n"], (content) =>
    parseKittiLabels(content, "fuzz.txt"),
  ),
  textReader(
    "KITTI tracklets",
    [
      trackletsXml([{ type: "Car", size: [1.5, 1.6, 4], first: 0, poses: [[10, 2, -1.7, 0.1]] }]),
      trackletsXml([{ type: "Person (sitting)", size: [1, 1, 1], first: 3, poses: [] }]),
    ],
    (content) => parseTracklets(content, "fuzz.xml"),
  ),
  textReader("KITTI inertial", [`49 8 100 0 0 0 ${Array(24).fill("0").join(" ")}`], (content) =>
    parseInertial(content.split("\n"), "fuzz.txt"),
  ),
  textReader(
    "boxes of a sweep",
    ['{"boxes": [{"class": "car", "track": 1, "centre": [1, 2, 0], "size": [4, 2, 1.5], "yaw": 0}]}'],
    (content) => parseBoxesFile(content, "fuzz.json", ["car"]),
  ),
];

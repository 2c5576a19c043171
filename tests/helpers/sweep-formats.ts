/** @file The same sweeps and boxes in the layout of each format that has sweeps. */
import { stringify } from "yaml";
import type { UprightBox } from "../../src/geometry/boxes/box.js";
import { measured, motionOf, rowsOf } from "./range-image.js";
import { DETECT, pointBytes } from "./sweeps.js";
import { trackletsXml } from "./tracklets.js";
import { type WaymoFrameParts, waymoFrame } from "./waymo.js";

/** x, y, z (forward, left, up) and intensity. */
export type ScenePoint = readonly [number, number, number, number];

export interface SceneFrame {
  readonly points: readonly ScenePoint[];
  readonly boxes: readonly UprightBox[];
}

/** Frames that follow one another, the sensor standing still; behind them one that has but boxes, `stray`. */
export interface Scene {
  readonly frames: readonly SceneFrame[];
  readonly stray?: readonly UprightBox[];
}

type Files = Record<string, string | Uint8Array>;

const bytesOf = (points: readonly ScenePoint[]) => pointBytes(Float32Array.from(points.flat()));
const padded = (value: number, digits: number) => String(value).padStart(digits, "0");
/** Boxes of every frame, those of the missing one last. */
const labelled = ({ frames, stray }: Scene) => [
  ...frames.map(({ boxes }) => boxes),
  ...(stray === undefined ? [] : [stray]),
];

function folder(scene: Scene): Files {
  const sweeps = { points: "lidar", boxes: "lidar-boxes", classes: ["car", "person"], detect: DETECT };
  const pose = { rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1], position: [0, 0, 0] };
  const ids = scene.frames.map((_, i) => `f${i}`);
  const files: Files = {
    "dataset.yaml": stringify({
      name: "x",
      splits: ["train"],
      tasks: {},
      sequences: "sequences.json",
      sweeps,
    }),
    "sequences.json": JSON.stringify({ train: [{ frames: ids }] }),
  };
  scene.frames.forEach(({ points }, i) => {
    files[`train/lidar/f${i}.bin`] = bytesOf(points);
  });
  labelled(scene).forEach((boxes, i) => {
    const own = boxes.map((box) => ({ class: "car", ...box }));
    files[`train/lidar-boxes/f${i}.json`] = JSON.stringify({ pose, boxes: own });
  });
  return files;
}

/** A line of a label file: the camera stands on the LiDAR; x right, y down, z forward. */
function kittiLine({ centre: [x, y, z], size: [l, w, h], yaw }: UprightBox): string {
  const numbers = [0, 0, 0, 100, 100, 200, 200, h, w, l, -y, -(z - h / 2), x, -yaw - Math.PI / 2];
  return `Car ${numbers.join(" ")}\n`;
}

const AXES = "0 -1 0 0 0 0 -1 0 1 0 0 0";
const UPRIGHT = "1 0 0 0 1 0 0 0 1";

function kittiObject(scene: Scene): Files {
  const files: Files = {};
  scene.frames.forEach(({ points }, i) => {
    files[`training/velodyne/${padded(i, 6)}.bin`] = bytesOf(points);
    files[`training/calib/${padded(i, 6)}.txt`] = `R0_rect: ${UPRIGHT}\nTr_velo_to_cam: ${AXES}\n`;
  });
  labelled(scene).forEach((boxes, i) => {
    files[`training/label_2/${padded(i, 6)}.txt`] = boxes.map(kittiLine).join("");
  });
  return files;
}

const MEASUREMENT = `49 8 100 0 0 0 ${Array(24).fill("0").join(" ")}\n`;

function kittiTracking(scene: Scene): Files {
  const lines = labelled(scene).map((boxes, i) =>
    boxes.map((box, k) => `${i} ${k} ${kittiLine(box)}`).join(""),
  );
  const files: Files = {
    "training/calib/0000.txt": `R_rect ${UPRIGHT}\nTr_velo_cam ${AXES}\nTr_imu_velo 1 0 0 0 0 1 0 0 0 0 1 0\n`,
    "training/label_02/0000.txt": lines.join(""),
    "training/oxts/0000.txt": MEASUREMENT.repeat(scene.frames.length),
  };
  scene.frames.forEach(({ points }, i) => {
    files[`training/velodyne/0000/${padded(i, 6)}.bin`] = bytesOf(points);
  });
  return files;
}

function kittiRaw(scene: Scene): Files {
  const base = "2011_09_26/2011_09_26_drive_0001_sync";
  const tracklets = labelled(scene).flatMap((boxes, first) =>
    boxes.map(({ centre: [x, y, z], size: [l, w, h], yaw }) => ({
      ...{ type: "Car", first, size: [h, w, l] as const, poses: [[x, y, z - h / 2, yaw] as const] },
    })),
  );
  const files: Files = {
    "2011_09_26/calib_imu_to_velo.txt": `R: ${UPRIGHT}\nT: 0 0 0\n`,
    [`${base}/tracklet_labels.xml`]: trackletsXml(tracklets),
  };
  scene.frames.forEach(({ points }, i) => {
    files[`${base}/velodyne_points/data/${padded(i, 10)}.bin`] = bytesOf(points);
    files[`${base}/oxts/data/${padded(i, 10)}.txt`] = MEASUREMENT;
  });
  return files;
}

/** The sensor's axes are x right, y forward. */
function nuscenes(scene: Scene): Files {
  const still = { translation: [0, 0, 0], rotation: [1, 0, 0, 0] };
  const tables = {
    scene: [{ token: "s", name: "scene-1" }],
    sample: labelled(scene).map((_, i) => ({ token: `f${i}`, scene_token: "s", timestamp: 5e5 * i })),
    sample_data: scene.frames.map((_, i) => ({
      ...{ token: `d${i}`, sample_token: `f${i}`, ego_pose_token: "e", calibrated_sensor_token: "c" },
      ...{ filename: `samples/LIDAR_TOP/${i}.pcd.bin`, is_key_frame: true },
    })),
    ego_pose: [{ token: "e", ...still }],
    calibrated_sensor: [{ token: "c", sensor_token: "l", ...still }],
    sensor: [{ token: "l", channel: "LIDAR_TOP" }],
    instance: [{ token: "i", category_token: "k" }],
    category: [{ token: "k", name: "vehicle.car" }],
    sample_annotation: labelled(scene).flatMap((boxes, i) =>
      boxes.map(({ centre: [x, y, z], size: [l, w, h], yaw }, k) => ({
        ...{ token: `a${i}-${k}`, sample_token: `f${i}`, instance_token: "i", size: [w, l, h] },
        translation: [-y, x, z],
        rotation: [Math.cos((yaw + Math.PI / 2) / 2), 0, 0, Math.sin((yaw + Math.PI / 2) / 2)],
      })),
    ),
  };
  const files: Files = {};
  for (const [name, rows] of Object.entries(tables)) files[`v1.0-mini/${name}.json`] = JSON.stringify(rows);
  scene.frames.forEach(({ points }, i) => {
    const own = points.flatMap(([x, y, z, intensity]) => [-y, x, z, 255 * intensity, 0]);
    files[`samples/LIDAR_TOP/${i}.pcd.bin`] = pointBytes(Float32Array.from(own));
  });
  return files;
}

/** A beam for each point; the intensity of one that is no number is none. `stray` has no range images. */
function waymo({ frames, stray }: Scene): Files {
  const still = motionOf([0, 0, 0, 0, 0, 0]);
  const columns = 720;
  const parts = (boxes: readonly UprightBox[], i: number): WaymoFrameParts => ({
    ...{ time: String(1_000_000 + 100_000 * i), pose: rowsOf(still) },
    labels: boxes.map(({ centre, size: [l, w, h], yaw }) => ({ box: [...centre, w, l, h, yaw], type: 1 })),
  });
  const records = frames.map(({ points, boxes }, i) => {
    const rows = Math.max(1, points.length);
    const values = new Array(4 * rows * columns).fill(-1);
    const inclinations = new Array(rows).fill(0);
    points.forEach(([x, y, z, intensity], row) => {
      const seen = measured([Number.isNaN(x) ? 5 : x, y, z], still, columns);
      inclinations[rows - 1 - row] = seen.inclination;
      const met = [seen.range, Number.isNaN(x) ? Number.NaN : Math.atanh(intensity), 0, -1];
      values.splice(4 * (row * columns + Math.round(seen.column)), 4, ...met);
    });
    const returns = [{ dims: [rows, columns, 4], values }];
    const laser = { name: 2, inclinations, extrinsic: rowsOf(still), returns };
    return waymoFrame({ ...parts(boxes, i), lasers: [laser], packed: true });
  });
  if (stray !== undefined) records.push(waymoFrame(parts(stray, frames.length)));
  return { "training/a.tfrecord": Buffer.concat(records) };
}

/** By the format's name: the files of a scene. */
export const SWEEP_FORMATS: Readonly<Record<string, (scene: Scene) => Files>> = {
  ...{ folder, "kitti-object": kittiObject, "kitti-tracking": kittiTracking, "kitti-raw": kittiRaw },
  ...{ nuscenes, waymo },
};

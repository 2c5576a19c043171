/**
 * @file nuScenes (Caesar et al. 2020): tables in `v1.0-*` (`sample.json`, `sample_data.json`, ...), sweeps
 * in `samples/LIDAR_TOP/*.pcd.bin`. A sample is a key frame's sweep, two a second; boxes follow from
 * annotations, which are in global coordinates; the camera is the front one. Axes are turned to x forward, y
 * left. What the sensor sees of its own car is left out. Every tenth scene is `val`.
 */
import { join } from "node:path";
import { wrapAngle } from "../../geometry/boxes/box.js";
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { add3, apply3, rotationZ } from "../../geometry/rotation.js";
import { requireFolder } from "../listing.js";
import { readPoints } from "../sweeps/points-file.js";
import type { SweepBox, SweepSource } from "../sweeps/source.js";
import { strayBoxes } from "../sweeps/stray-boxes.js";
import { sweepDataset } from "../sweeps/sweep-dataset.js";
import { USUAL_SWEEPS } from "../sweeps/usual.js";
import type { DatasetFormat } from "../types.js";
import { poseOfRigid } from "./kitti-files.js";
import { type NuscenesTables, type Row, readTables, rigidOf, rowOf } from "./nuscenes-tables.js";
import { cameraFromMatrix, notThisFormat } from "./shared.js";

const LAYOUT = "v1.0-trainval/sample.json and samples/LIDAR_TOP/*.pcd.bin";
const SENSOR = "LIDAR_TOP";
const CAMERA = "CAM_FRONT";
/** x, y, z, intensity up to 255, ring. */
const FILE = { stride: 5, intensity: 1 / 255 } as const;
/** Points nearer than this along both axes are the car's own, metres. */
const OWN_CAR = 1;
const DETECT = {
  car: {
    of: ["vehicle.car"],
    size: [4.63, 1.97, 1.74],
    z: -0.95,
    positive: 0.6,
    negative: 0.45,
    overlap: 0.5,
  },
} as const;

/** From x forward, y left to the sensor's x right, y forward. */
const AXES: RigidMotion = { rotation: rotationZ(Math.PI / 2), translation: [0, 0, 0] };

/** An annotation as a box of a sensor whose coordinates `toGlobal` leads from. */
function boxOf(
  { translation, rotation, size, instance_token, num_lidar_pts }: Row<"sample_annotation">,
  name: string,
  toGlobal: RigidMotion,
): SweepBox {
  const back = inverted(toGlobal);
  const own = composed(back, rigidOf({ token: "", translation, rotation }));
  const [width, length, height] = size;
  return {
    ...{ class: name, track: instance_token, size: [length, width, height] },
    centre: add3(apply3(back.rotation, translation), back.translation),
    yaw: wrapAngle(Math.atan2(own.rotation[3], own.rotation[0])),
    ...(num_lidar_pts !== undefined && { points: Math.max(0, num_lidar_pts) }),
  };
}

/** Points in our axes, without those of the car. */
function cleaned(points: Float32Array): Float32Array {
  const kept: number[] = [];
  for (let at = 0; at < points.length; at += 4) {
    const [x, y] = [points[at], points[at + 1]];
    if (Math.abs(x) < OWN_CAR && Math.abs(y) < OWN_CAR) continue;
    kept.push(y, -x, points[at + 2], points[at + 3]);
  }
  return Float32Array.from(kept);
}

/** What a sensor recorded of a sample, and from its coordinates to the global ones. */
interface Recorded {
  readonly file: string;
  readonly toGlobal: RigidMotion;
}

interface KeyFrames {
  /** By sample. */
  readonly sweeps: ReadonlyMap<string, Recorded>;
  readonly cameras: ReadonlyMap<string, Recorded & Omit<CameraView, "toCamera">>;
}

function keyFrames(tables: NuscenesTables, path: string): KeyFrames {
  const sweeps = new Map<string, Recorded>();
  const cameras = new Map<string, Recorded & Omit<CameraView, "toCamera">>();
  for (const row of tables.rows.sample_data.values()) {
    const calibration = rowOf(tables, "calibrated_sensor", row.calibrated_sensor_token);
    const { channel } = rowOf(tables, "sensor", calibration.sensor_token);
    if (!row.is_key_frame || (channel !== SENSOR && channel !== CAMERA)) continue;
    const ego = rigidOf(rowOf(tables, "ego_pose", row.ego_pose_token));
    const file = join(path, row.filename);
    const { width = 0, height = 0, sample_token: sample } = row;
    if (channel === SENSOR) {
      sweeps.set(sample, { file, toGlobal: composed(ego, composed(rigidOf(calibration), AXES)) });
    } else if (calibration.camera_intrinsic?.length === 3 && width > 0 && height > 0) {
      const camera = cameraFromMatrix(calibration.camera_intrinsic.flat(), tables.folder);
      cameras.set(sample, {
        ...{ file, camera, width, height },
        toGlobal: composed(ego, rigidOf(calibration)),
      });
    }
  }
  return { sweeps, cameras };
}

/** The samples of each split that have sweeps: every tenth scene is `val`. */
function splitScenes({ rows: { scene: scenes, sample: samples } }: NuscenesTables, { sweeps }: KeyFrames) {
  const splits: Record<string, string[]> = {};
  const sequences: Record<string, { name: string; frames: string[]; timestamps: number[] }[]> = {};
  for (const [index, { token: scene, name }] of [...scenes.values()].entries()) {
    const own = [...samples.values()].filter((row) => row.scene_token === scene && sweeps.has(row.token));
    if (own.length === 0) continue;
    own.sort((a, b) => a.timestamp - b.timestamp);
    const split = index % 10 === 9 ? "val" : "train";
    const frames = own.map((row) => row.token);
    splits[split] = [...(splits[split] ?? []), ...frames];
    sequences[split] ??= [];
    sequences[split].push({ name, frames, timestamps: own.map(({ timestamp }) => timestamp / 1e6) });
  }
  return { splits, sequences };
}

async function openSweeps(path: string): Promise<SweepSource> {
  const { folders } = await requireFolder(path, LAYOUT);
  const version = folders.find((name) => /^v1\.0-/.test(name));
  if (version === undefined) throw notThisFormat("nuScenes", path, LAYOUT);
  const tables = await readTables(join(path, version));
  const annotations = new Map<string, Row<"sample_annotation">[]>();
  for (const row of tables.rows.sample_annotation.values()) {
    const own = annotations.get(row.sample_token);
    if (own === undefined) annotations.set(row.sample_token, [row]);
    else own.push(row);
  }
  const frames = keyFrames(tables, path);
  const { sweeps, cameras } = frames;
  const { splits, sequences } = splitScenes(tables, frames);
  if (Object.keys(splits).length === 0) throw notThisFormat("nuScenes", path, LAYOUT);
  const sceneOf = (id: string) => tables.rows.sample.get(id)?.scene_token;
  const labelled = new Set([...annotations.keys()].map(sceneOf));
  const labels = join(tables.folder, "sample_annotation.json");
  const stray = [...annotations.keys()].filter((id) => !sweeps.has(id));
  return {
    ...{ name: "nuScenes", splits, sequences },
    classes: [...tables.rows.category.values()].map(({ name }) => name),
    detect: DETECT as unknown as SweepSource["detect"],
    passedOver: strayBoxes(stray.map((sweep) => ({ file: labels, sweep }))),
    // A key frame without annotations shows nothing that is labelled, where others of its scene have some.
    isLabelled: async (_split, id) => labelled.has(sceneOf(id)),
    readSweep: async (_split, id) => {
      const { file, toGlobal } = sweeps.get(id)!;
      return { points: cleaned(await readPoints(file, FILE)), pose: poseOfRigid(toGlobal) };
    },
    readBoxes: async (_split, id) =>
      (annotations.get(id) ?? []).map((row) => {
        const { category_token } = rowOf(tables, "instance", row.instance_token);
        const { name } = rowOf(tables, "category", category_token);
        return boxOf(row, name, sweeps.get(id)!.toGlobal);
      }),
    readView: async (_split, id) => {
      const seen = cameras.get(id);
      if (seen === undefined) return undefined;
      const { toGlobal, file, ...view } = seen;
      return { ...view, image: file, toCamera: composed(inverted(toGlobal), sweeps.get(id)!.toGlobal) };
    },
  };
}

export const nuscenes: DatasetFormat = {
  name: "nuscenes",
  open: async (path) => sweepDataset(await openSweeps(path), USUAL_SWEEPS),
  openSweeps,
};

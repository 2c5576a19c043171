/**
 * @file nuScenes (Caesar et al. 2020): tables in `v1.0-*` (`sample.json`, `sample_data.json`, ...), sweeps
 * in `samples/LIDAR_TOP/*.pcd.bin`. A sample is a key frame's sweep, two a second; boxes follow from
 * annotations, which are in global coordinates; the camera is the front one. Axes are turned to x forward, y
 * left. What the sensor sees of its own car is left out. Every tenth scene is `val`.
 */
import { join } from "node:path";
import { z } from "zod";
import { UserError } from "../../common/errors.js";
import { wrapAngle } from "../../geometry/boxes/box.js";
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import { add3, apply3, rotationOfQuaternion, rotationZ } from "../../geometry/rotation.js";
import { readText } from "../files/bytes.js";
import { requireFolder } from "../listing.js";
import { readPoints } from "../sweeps/points-file.js";
import type { SweepBox, SweepSource } from "../sweeps/source.js";
import { strayBoxes } from "../sweeps/stray-boxes.js";
import { sweepDataset } from "../sweeps/sweep-dataset.js";
import { USUAL_SWEEPS } from "../sweeps/usual.js";
import type { DatasetFormat } from "../types.js";
import { poseOfRigid } from "./kitti-files.js";
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

const vector = z.tuple([z.number(), z.number(), z.number()]);
const placed = z.object({ token: z.string(), translation: vector, rotation: z.array(z.number()).length(4) });
const token = z.object({ token: z.string() });
const TABLES = {
  scene: token.extend({ name: z.string() }),
  sample: token.extend({ scene_token: z.string(), timestamp: z.number() }),
  sample_data: token.extend({
    ...{ sample_token: z.string(), ego_pose_token: z.string(), calibrated_sensor_token: z.string() },
    ...{ filename: z.string(), is_key_frame: z.boolean() },
    ...{ width: z.number().optional(), height: z.number().optional() },
  }),
  ego_pose: placed,
  calibrated_sensor: placed.extend({
    sensor_token: z.string(),
    camera_intrinsic: z.array(z.array(z.number())).optional(),
  }),
  sensor: token.extend({ channel: z.string() }),
  sample_annotation: placed.extend({
    ...{ sample_token: z.string(), instance_token: z.string(), size: vector },
    num_lidar_pts: z.int().optional(),
  }),
  instance: token.extend({ category_token: z.string() }),
  category: token.extend({ name: z.string() }),
} as const;
type Row<T extends keyof typeof TABLES> = z.output<(typeof TABLES)[T]>;

/** The rows of a table's file by their tokens. Throws UserError naming file and key. */
export function parseTable<T extends keyof typeof TABLES>(
  text: string,
  name: T,
  where: string,
): Map<string, Row<T>> {
  const refuse = (got: string) =>
    new UserError({ code: "data.bad-table", what: "this is no table of nuScenes", where, got });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
  const parsed = z.array(TABLES[name]).safeParse(value);
  if (parsed.success) return new Map((parsed.data as Row<T>[]).map((row) => [row.token, row]));
  const [issue] = parsed.error.issues;
  throw refuse(`\`${issue.path.join(".")}\`: ${issue.message}`);
}

/** The row of that token. Throws UserError where the table lacks it. */
function rowOf<R>(rows: ReadonlyMap<string, R>, key: string, name: string, where: string): R {
  const row = rows.get(key);
  if (row !== undefined) return row;
  throw new UserError({ code: "data.bad-table", what: `${name} has no row ${key}`, where });
}

const rigid = ({ rotation: [w, x, y, z], translation }: z.output<typeof placed>): RigidMotion => ({
  rotation: rotationOfQuaternion([w, x, y, z]),
  translation,
});
/** From x forward, y left to the sensor's x right, y forward. */
const AXES: RigidMotion = { rotation: rotationZ(Math.PI / 2), translation: [0, 0, 0] };

/** An annotation as a box of a sensor whose coordinates `toGlobal` leads from. */
function boxOf(
  { translation, rotation, size, instance_token, num_lidar_pts }: Row<"sample_annotation">,
  name: string,
  toGlobal: RigidMotion,
): SweepBox {
  const back = inverted(toGlobal);
  const own = composed(back, rigid({ token: "", translation, rotation }));
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

async function openSweeps(path: string): Promise<SweepSource> {
  const { folders } = await requireFolder(path, LAYOUT);
  const version = folders.find((name) => /^v1\.0-/.test(name));
  if (version === undefined) throw notThisFormat("nuScenes", path, LAYOUT);
  const folder = join(path, version);
  const read = async <T extends keyof typeof TABLES>(name: T) => {
    const where = join(folder, `${name}.json`);
    return parseTable(await readText(where), name, where);
  };
  const [scenes, samples, data] = [await read("scene"), await read("sample"), await read("sample_data")];
  const [poses, calibrations, sensors] = [
    await read("ego_pose"),
    await read("calibrated_sensor"),
    await read("sensor"),
  ];
  const [instances, categories] = [await read("instance"), await read("category")];
  const annotations = new Map<string, Row<"sample_annotation">[]>();
  for (const row of (await read("sample_annotation")).values()) {
    annotations.set(row.sample_token, [...(annotations.get(row.sample_token) ?? []), row]);
  }
  const sweeps = new Map<string, { file: string; toGlobal: RigidMotion }>();
  const cameras = new Map<string, { image: string; toGlobal: RigidMotion } & Omit<CameraView, "toCamera">>();
  for (const row of data.values()) {
    const calibration = rowOf(calibrations, row.calibrated_sensor_token, "calibrated_sensor", folder);
    const { channel } = rowOf(sensors, calibration.sensor_token, "sensor", folder);
    if (!row.is_key_frame || (channel !== SENSOR && channel !== CAMERA)) continue;
    const ego = rigid(rowOf(poses, row.ego_pose_token, "ego_pose", folder));
    const file = join(path, row.filename);
    const { width = 0, height = 0, sample_token: sample } = row;
    if (channel === SENSOR) {
      sweeps.set(sample, { file, toGlobal: composed(ego, composed(rigid(calibration), AXES)) });
    } else if (calibration.camera_intrinsic?.length === 3 && width > 0 && height > 0) {
      const camera = cameraFromMatrix(calibration.camera_intrinsic.flat(), folder);
      cameras.set(sample, {
        ...{ image: file, camera, width, height },
        toGlobal: composed(ego, rigid(calibration)),
      });
    }
  }
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
  const sceneOf = (id: string) => samples.get(id)?.scene_token;
  const labelled = new Set([...annotations.keys()].map(sceneOf));
  const where = join(folder, "sample_annotation.json");
  const stray = [...annotations.keys()].flatMap((id) => (sweeps.has(id) ? [] : [{ file: where, sweep: id }]));
  if (Object.keys(splits).length === 0) throw notThisFormat("nuScenes", path, LAYOUT);
  return {
    ...{ name: "nuScenes", splits, sequences, classes: [...categories.values()].map(({ name }) => name) },
    detect: DETECT as unknown as SweepSource["detect"],
    passedOver: strayBoxes(stray),
    // A key frame without annotations shows nothing that is labelled, where others of its scene have some.
    isLabelled: async (_split, id) => labelled.has(sceneOf(id)),
    readSweep: async (_split, id) => {
      const { file, toGlobal } = sweeps.get(id)!;
      return { points: cleaned(await readPoints(file, FILE)), pose: poseOfRigid(toGlobal) };
    },
    readBoxes: async (_split, id) =>
      (annotations.get(id) ?? []).map((row) => {
        const { category_token } = rowOf(instances, row.instance_token, "instance", folder);
        const { name } = rowOf(categories, category_token, "category", folder);
        return boxOf(row, name, sweeps.get(id)!.toGlobal);
      }),
    readView: async (_split, id) => {
      const seen = cameras.get(id);
      if (seen === undefined) return undefined;
      const { toGlobal, ...view } = seen;
      return { ...view, toCamera: composed(inverted(toGlobal), sweeps.get(id)!.toGlobal) };
    },
  };
}

export const nuscenes: DatasetFormat = {
  name: "nuscenes",
  open: async (path) => sweepDataset(await openSweeps(path), USUAL_SWEEPS),
  openSweeps,
};

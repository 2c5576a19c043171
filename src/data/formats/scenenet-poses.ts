/** @file Where the camera stands in SceneNet RGB-D: `scenenet_rgbd_*.pb`, by its scenenet.proto. */
import type { Pose } from "../../fields/pose.js";
import type { Vec3 } from "../../geometry/rotation.js";
import { type Field, ProtobufFile, type Span } from "../files/protobuf-file.js";

const TRAJECTORY = { views: 3, renderPath: 4 };
const VIEW = { frame: 1, open: 2, close: 3 };
const POSE = { camera: 1, lookat: 2 };

/** By render path (`0/123`), then by frame. */
export type ScenePoses = ReadonlyMap<string, ReadonlyMap<number, Pose>>;

const last = (fields: readonly Field[], number: number): Field | undefined =>
  fields.findLast((field) => field.number === number);

function required(fields: readonly Field[], number: number, file: ProtobufFile, within: Span): Field {
  const field = last(fields, number);
  if (field !== undefined) return field;
  throw file.damaged(within.start, `a message has no field ${number}`);
}

/** A position; fields that are left out are 0. */
function position(file: ProtobufFile, span: Span): Vec3 {
  const fields = [...file.fields(span)].filter(({ type }) => type === "fixed32");
  const axis = (number: number) => {
    const field = last(fields, number);
    if (field === undefined) return 0;
    const bytes = file.bytes(field);
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  };
  return [axis(1), axis(2), axis(3)];
}

const middle = (a: Vec3, b: Vec3): Vec3 => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
const cross = (a: Vec3, b: Vec3): Vec3 => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
function unit(v: Vec3): Vec3 {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}

/** The pose of a camera that looks from one point to another, the scene's y upwards. */
export function lookingPose(camera: Vec3, lookat: Vec3): Pose {
  const z = unit([lookat[0] - camera[0], lookat[1] - camera[1], lookat[2] - camera[2]]);
  const x = unit(cross(z, [0, 1, 0]));
  const y = cross(z, x);
  return { rotation: [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]], position: camera };
}

/** The pose in the middle of the exposure, as the data set's own programs take it. */
function viewPose(file: ProtobufFile, view: Span): { frame: number; pose: Pose } {
  const fields = [...file.fields(view)];
  const ends = [VIEW.open, VIEW.close].map((number) => {
    const pose = required(fields, number, file, view);
    const parts = [...file.fields(pose)];
    const at = (part: number) => position(file, required(parts, part, file, pose));
    return { camera: at(POSE.camera), lookat: at(POSE.lookat) };
  });
  const [open, close] = ends;
  const pose = lookingPose(middle(open.camera, close.camera), middle(open.lookat, close.lookat));
  return { frame: Number(last(fields, VIEW.frame)?.value ?? 0n), pose };
}

/** All poses of a file. Throws UserError where it is damaged. */
export function readScenePoses(path: string, size: number): ScenePoses {
  return ProtobufFile.use(path, (file) => {
    const poses = new Map<string, ReadonlyMap<number, Pose>>();
    for (const trajectory of file.fields({ start: 0, end: size })) {
      const fields = [...file.fields(trajectory)];
      const name = new TextDecoder().decode(
        file.bytes(required(fields, TRAJECTORY.renderPath, file, trajectory)),
      );
      const views = fields.filter(({ number }) => number === TRAJECTORY.views);
      poses.set(
        name,
        new Map(views.map((view) => viewPose(file, view)).map(({ frame, pose }) => [frame, pose])),
      );
    }
    return poses;
  });
}

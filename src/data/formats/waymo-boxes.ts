/**
 * @file 3D boxes of the Waymo Open Dataset: the `laser_labels` of a frame, in the vehicle's coordinates.
 * Field numbers are those of label.proto; width stands before length.
 */
import { wrapAngle } from "../../geometry/boxes/box.js";
import type { ProtobufFile, Span } from "../files/protobuf-file.js";
import { double, integer, last, string } from "../files/protobuf-values.js";
import type { SweepBox } from "../sweeps/source.js";

/** From 1. */
export const WAYMO_CLASSES = ["vehicle", "pedestrian", "sign", "cyclist"];

/** What is looked for, on the ground beneath the vehicle's origin; overlaps as the benchmark has them. */
export const WAYMO_DETECT = {
  vehicle: {
    of: ["vehicle"],
    size: [4.73, 2.08, 1.77],
    z: 0.85,
    positive: 0.55,
    negative: 0.4,
    overlap: 0.7,
  },
  pedestrian: {
    of: ["pedestrian"],
    size: [0.91, 0.86, 1.73],
    z: 0.865,
    positive: 0.5,
    negative: 0.35,
    overlap: 0.5,
  },
  cyclist: {
    of: ["cyclist"],
    size: [1.78, 0.84, 1.78],
    z: 0.89,
    positive: 0.5,
    negative: 0.35,
    overlap: 0.5,
  },
} as const;

const LABEL = { box: 1, type: 3, id: 4, level: 5, points: 7 };
const BOX = { x: 1, y: 2, z: 3, width: 4, length: 5, height: 6, heading: 7 };

/** The box of a label. Throws UserError where it has none, or is of no type that is known. */
export function readWaymoBox(file: ProtobufFile, message: Span): SweepBox {
  const fields = [...file.fields(message)];
  const span = last(fields, LABEL.box, "bytes");
  if (span === undefined) throw file.damaged(message.start, "a label has no box");
  const name = WAYMO_CLASSES[(integer(fields, LABEL.type) ?? 0) - 1];
  if (name === undefined) throw file.damaged(message.start, "a label is of no type that is known");
  const numbers = [...file.fields(span)];
  const of = (key: keyof typeof BOX) => double(file, numbers, BOX[key]);
  const [track, level, points] = [
    string(file, fields, LABEL.id),
    integer(fields, LABEL.level),
    integer(fields, LABEL.points),
  ];
  return {
    class: name,
    centre: [of("x"), of("y"), of("z")],
    size: [of("length"), of("width"), of("height")],
    yaw: wrapAngle(of("heading")),
    ...(track !== undefined && { track }),
    ...(points !== undefined && { points: Math.max(0, points) }),
    ...((level === 1 || level === 2) && { level }),
  };
}

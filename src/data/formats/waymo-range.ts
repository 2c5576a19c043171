/**
 * @file Range images as frames of the Waymo Open Dataset hold them: zlib streams of `MatrixFloat`, two
 * returns of each of five lasers, and the lasers' calibrations. Field numbers are those of dataset.proto.
 */
import { inflateSync } from "node:zlib";
import { UserError } from "../../common/errors.js";
import type { RigidMotion } from "../../geometry/rigid.js";
import { type Field, ProtobufFile, type Span } from "../files/protobuf-file.js";
import { double, doubles, floats, integer, integers, last, repeated } from "../files/protobuf-values.js";
import {
  evenInclinations,
  type PixelArray,
  type PixelPoses,
  POSE_CHANNELS,
  RANGE_CHANNELS,
  rangePoints,
} from "../sweeps/range-image.js";
import { rigidOfRows } from "./kitti-files.js";

/** From 1. The top one turns beneath its own poses. */
const LASERS = ["top", "front", "side-left", "side-right", "rear"];
const TOP = 1;
const CALIBRATION = { name: 1, inclinations: 2, min: 3, max: 4, extrinsic: 5 };
const LASER = { name: 1, returns: [2, 3] };
const RETURN = { ranges: 2, poses: 4 };
const MATRIX = { data: 1, shape: 2 };
const ONLY = 1;
/** An inflated message that is longer is none: the largest real one has 4 MB. */
const MAX_BYTES = 2 ** 24;

/** A laser's calibration. */
export interface LaserCalibration {
  /** Ascending, radians; empty where they lie evenly between the limits. */
  readonly inclinations: readonly number[];
  readonly limits: readonly [min: number, max: number];
  readonly toVehicle: RigidMotion;
}

/** A `Transform` message, by rows. Throws UserError unless it holds 16 numbers. */
export function readTransform(file: ProtobufFile, span: Span, what: string): RigidMotion {
  const rows = doubles(file, file.fields(span), ONLY);
  if (rows.length === 16 && rows.every(Number.isFinite)) return rigidOfRows(rows);
  throw file.damaged(span.start, `${what} does not hold 16 numbers`);
}

/** The calibrations of a frame's lasers, by their numbers. */
export function readCalibrations(
  file: ProtobufFile,
  messages: readonly Field[],
): Map<number, LaserCalibration> {
  return new Map(
    messages.map((message) => {
      const fields = [...file.fields(message)];
      const extrinsic = last(fields, CALIBRATION.extrinsic, "bytes");
      if (extrinsic === undefined) throw file.damaged(message.start, "a laser has no extrinsic");
      return [
        integer(fields, CALIBRATION.name) ?? 0,
        {
          inclinations: doubles(file, fields, CALIBRATION.inclinations),
          limits: [double(file, fields, CALIBRATION.min), double(file, fields, CALIBRATION.max)],
          toVehicle: readTransform(file, extrinsic, "the extrinsic of a laser"),
        },
      ];
    }),
  );
}

function unfitting(where: string, what: string, expected: string, got: string): UserError {
  const fix = "Copy the file again from its source, or remove it.";
  return new UserError({ code: "data.damaged-range-image", what, where, expected, got, fix });
}

/** A compressed matrix of so many channels. Throws UserError where it is damaged or of another shape. */
function readMatrix(file: ProtobufFile, span: Span, channels: number, where: string): PixelArray {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(file.bytes(span), { maxOutputLength: MAX_BYTES });
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw unfitting(where, "the image cannot be inflated", "a zlib stream", (cause as Error).message);
  }
  const matrix = ProtobufFile.over(where, bytes);
  // Values may stand in a field each, hundreds of thousands: one walk, and none is kept.
  const shapes: Field[] = [];
  const data = floats(matrix, noting(matrix.fields(matrix.whole), MATRIX.shape, shapes), MATRIX.data);
  const dims = shapes.slice(-1).flatMap((shape) => integers(matrix, [...matrix.fields(shape)], ONLY));
  const [rows, columns] = dims;
  const sound = dims.length === 3 && dims[2] === channels && rows > 0 && columns > 0;
  if (sound && rows * columns * channels === data.length) return { rows, columns, data };
  const got = `${dims.join(" x ") || "no shape"} of ${data.length} numbers`;
  throw unfitting(where, "the image's shape does not fit", `rows x columns x ${channels} numbers`, got);
}

/** The same fields; messages of that number are noted on the way. */
function* noting(fields: Iterable<Field>, number: number, found: Field[]): Generator<Field> {
  for (const field of fields) {
    if (field.number === number && field.type === "bytes") found.push(field);
    yield field;
  }
}

/** The beams of an image's rows. Throws UserError where they are not as many or not known. */
function beamsOf({ inclinations, limits: [min, max] }: LaserCalibration, rows: number, where: string) {
  const listed = inclinations.length > 0;
  if (listed ? inclinations.length === rows : min < max) {
    return listed ? [...inclinations].reverse() : evenInclinations(min, max, rows);
  }
  const got = listed ? `${inclinations.length}` : `limits from ${min} to ${max}`;
  throw unfitting(where, "the laser's beams do not fit the image's rows", `${rows} inclinations`, got);
}

/** Where a return's range image and the poses of its pixels lie; undefined where there are none. */
function returnOf(file: ProtobufFile, fields: readonly Field[], number: number) {
  const own = repeated(fields, number).at(-1);
  const parts = own === undefined ? [] : [...file.fields(own)];
  const filled = (part: number) => repeated(parts, part).findLast(({ start, end }) => end > start);
  return { ranges: filled(RETURN.ranges), poses: filled(RETURN.poses) };
}

/** What a laser measured. */
export interface LaserPoints {
  /** Of each return. */
  readonly points: readonly Float32Array[];
  /** Whether the laser turns and nobody says where the vehicle was meanwhile. */
  readonly unposed: boolean;
}

/**
 * The points of one laser in the vehicle's coordinates, with `vehicle`, the vehicle's pose; none where its
 * images are left out. Throws UserError where one is damaged.
 */
export function readLaser(
  file: ProtobufFile,
  message: Span,
  calibrations: ReadonlyMap<number, LaserCalibration>,
  vehicle: RigidMotion | undefined,
  where: string,
): LaserPoints {
  const fields = [...file.fields(message)];
  const returns = LASER.returns.map((number) => returnOf(file, fields, number));
  if (returns.every(({ ranges }) => ranges === undefined)) return { points: [], unposed: false };
  const number = integer(fields, LASER.name) ?? 0;
  const place = `${where}, laser ${LASERS[number - 1] ?? number}`;
  const calibration = calibrations.get(number);
  if (calibration === undefined) throw file.damaged(message.start, `${place} has no calibration`);
  // Stored with the first return, they are those of both.
  const posed = number === TOP && vehicle !== undefined ? returns[0].poses : undefined;
  const poses = posed && vehicle && { ...readMatrix(file, posed, POSE_CHANNELS, `${place}, poses`), vehicle };
  const points = returns.flatMap(({ ranges }) => {
    if (ranges === undefined) return [];
    const image = readMatrix(file, ranges, RANGE_CHANNELS, place);
    requireSameShape(image, poses, place);
    const inclinations = beamsOf(calibration, image.rows, place);
    return [rangePoints(image, { inclinations, toVehicle: calibration.toVehicle }, poses)];
  });
  return { points, unposed: number === TOP && poses === undefined };
}

function requireSameShape({ rows, columns }: PixelArray, poses: PixelPoses | undefined, where: string) {
  if (poses === undefined || (poses.rows === rows && poses.columns === columns)) return;
  const got = `${poses.rows} x ${poses.columns}`;
  throw unfitting(where, "there are not as many poses as pixels", `${rows} x ${columns}`, got);
}

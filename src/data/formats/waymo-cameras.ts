/**
 * @file The cameras of the Waymo Open Dataset. Field numbers are those of dataset.proto. Lens distortion and
 * what the vehicle drives while a picture is taken are left aside.
 */
import type { PinholeCamera } from "../../geometry/camera.js";
import { composed, inverted, type RigidMotion } from "../../geometry/rigid.js";
import type { ProtobufFile } from "../files/protobuf-file.js";
import { doubles, integer, last, repeated, required } from "../files/protobuf-values.js";
import type { SweepView } from "../sweeps/source.js";
import { cameraFromMatrix } from "./shared.js";
import { FRAME, type WaymoFrame } from "./waymo-files.js";
import { readTransform } from "./waymo-range.js";

/** Of a frame's context: the cameras. */
const CAMERAS = 2;
const CALIBRATION = { name: 1, intrinsic: 2, extrinsic: 3, width: 4, height: 5 };
/** Of a frame's image: its camera, and the picture. */
export const WAYMO_IMAGE = { name: 1, jpeg: 2, segmentation: 10 };
const FRONT = 1;
/** From a camera's own axes, x forward, y left, z up, to those of its picture: x right, y down, z forward. */
const AXES: RigidMotion = { rotation: [0, -1, 0, 0, 0, -1, 1, 0, 0], translation: [0, 0, 0] };

export interface WaymoCamera {
  readonly camera: PinholeCamera;
  /** From the vehicle's coordinates to the picture's axes. */
  readonly fromVehicle?: RigidMotion;
  /** Of pictures, pixels; 0 where the calibration does not say. */
  readonly width: number;
  readonly height: number;
}

/** The cameras by their number. Throws UserError where a calibration is damaged. */
export function readWaymoCameras(file: ProtobufFile, { context }: WaymoFrame): Map<number, WaymoCamera> {
  return new Map(
    repeated(context, CAMERAS).map((field) => {
      const fields = [...file.fields(field)];
      const { value } = required(last(fields, CALIBRATION.name, "varint"), "camera", file, field);
      const [fx, fy, cx, cy] = doubles(file, fields, CALIBRATION.intrinsic);
      const where = `${file.path}: byte ${field.start}`;
      const extrinsic = last(fields, CALIBRATION.extrinsic, "bytes");
      const mount = extrinsic && readTransform(file, extrinsic, "the extrinsic of a camera");
      return [
        Number(value),
        {
          camera: cameraFromMatrix([fx, 0, cx, 0, fy, cy, 0, 0, 1], where),
          width: integer(fields, CALIBRATION.width) ?? 0,
          height: integer(fields, CALIBRATION.height) ?? 0,
          ...(mount && { fromVehicle: composed(AXES, inverted(mount)) }),
        },
      ];
    }),
  );
}

/** The front camera and its picture, where there is one; undefined where nobody knows how it is mounted. */
export function readWaymoView(file: ProtobufFile, frame: WaymoFrame): SweepView | undefined {
  const { camera, fromVehicle, width, height } = readWaymoCameras(file, frame).get(FRONT) ?? {};
  if (!(camera && fromVehicle && width && height && width > 0 && height > 0)) return undefined;
  const pictures = repeated(frame.fields, FRAME.images).map((image) => [...file.fields(image)]);
  const front = pictures.find((fields) => integer(fields, WAYMO_IMAGE.name) === FRONT);
  const jpeg = front && last(front, WAYMO_IMAGE.jpeg, "bytes");
  const image = jpeg && { file: file.path, start: jpeg.start, end: jpeg.end };
  return { camera, toCamera: fromVehicle, width, height, ...(image && { image }) };
}

/** @file Tiny files in the layout of the Waymo Open Dataset. */
import { deflateSync } from "node:zlib";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { frameRecord } from "../../src/common/tfrecord.js";

export interface WaymoPicture {
  readonly camera: number;
  readonly image: Uint8Array;
  readonly panoptic?: Uint8Array;
}

/** [rows, columns, channels]. */
export interface WaymoMatrix {
  readonly dims: readonly number[];
  readonly values: readonly number[];
}

export interface WaymoLaser {
  readonly name: number;
  readonly inclinations?: readonly number[];
  readonly limits?: readonly [number, number];
  /** By rows, 4 x 4. */
  readonly extrinsic: readonly number[];
  /** The range images of the first and the second return, as matrices or as the bytes themselves. */
  readonly returns: readonly (WaymoMatrix | Uint8Array)[];
  readonly poses?: WaymoMatrix;
}

export interface WaymoLabel {
  /** x, y, z, width, length, height, heading. */
  readonly box: readonly number[];
  readonly type: number;
  readonly id?: string;
  readonly level?: number;
  readonly points?: number;
}

export interface WaymoFrameParts {
  readonly segment?: string;
  readonly time?: string;
  readonly pictures?: readonly WaymoPicture[];
  readonly pose?: readonly number[];
  readonly lasers?: readonly WaymoLaser[];
  readonly labels?: readonly WaymoLabel[];
  /** Whether lists of numbers are packed. */
  readonly packed?: boolean;
}

type Write = (writer: BinaryWriter) => void;

/** A field that holds a message. */
function message(writer: BinaryWriter, number: number, write: Write): void {
  const inner = new BinaryWriter();
  write(inner);
  writer.tag(number, WireType.LengthDelimited).bytes(inner.finish());
}

function doubles(writer: BinaryWriter, number: number, values: readonly number[], packed: boolean): void {
  if (!packed) for (const value of values) writer.tag(number, WireType.Bit64).double(value);
  else {
    message(writer, number, (inner) => {
      for (const value of values) inner.double(value);
    });
  }
}

/** A `MatrixFloat`. */
export function matrixMessage({ dims, values }: WaymoMatrix, packed = true): Uint8Array {
  const writer = new BinaryWriter();
  if (!packed) for (const value of values) writer.tag(1, WireType.Bit32).float(value);
  else {
    message(writer, 1, (inner) => {
      for (const value of values) inner.float(value);
    });
  }
  message(writer, 2, (shape) => {
    if (!packed) for (const side of dims) shape.tag(1, WireType.Varint).int32(side);
    else {
      message(shape, 1, (inner) => {
        for (const side of dims) inner.int32(side);
      });
    }
  });
  return writer.finish();
}

/** The same, compressed. */
export function matrixBytes(matrix: WaymoMatrix, packed = true): Uint8Array {
  return deflateSync(matrixMessage(matrix, packed));
}

function writeContext(frame: BinaryWriter, { segment, pictures = [], lasers = [], packed }: WaymoFrameParts) {
  message(frame, 1, (context) => {
    context.tag(1, WireType.LengthDelimited).string(segment ?? "segment");
    for (const { camera } of pictures) {
      message(context, 2, (calibration) => {
        calibration.tag(1, WireType.Varint).int32(camera);
        doubles(calibration, 2, [1000, 1001, 0.5, 0.25, 0, 0, 0, 0, 0], packed ?? false);
        // The camera stands at (1, 0, 2) and looks ahead: x forward, y left, z up.
        message(calibration, 3, (extrinsic) => {
          doubles(extrinsic, 1, [1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 2, 0, 0, 0, 1], packed ?? false);
        });
        calibration.tag(4, WireType.Varint).int32(1920);
        calibration.tag(5, WireType.Varint).int32(1280);
      });
    }
    for (const { name, inclinations = [], limits, extrinsic } of lasers) {
      message(context, 3, (calibration) => {
        calibration.tag(1, WireType.Varint).int32(name);
        if (inclinations.length > 0) doubles(calibration, 2, inclinations, packed ?? false);
        limits?.forEach((value, i) => {
          calibration.tag(3 + i, WireType.Bit64).double(value);
        });
        message(calibration, 5, (transform) => doubles(transform, 1, extrinsic, packed ?? false));
      });
    }
  });
}

function writeLaser(frame: BinaryWriter, { name, returns, poses }: WaymoLaser, packed: boolean): void {
  message(frame, 5, (laser) => {
    laser.tag(1, WireType.Varint).int32(name);
    returns.forEach((image, i) => {
      message(laser, 2 + i, (writer) => {
        const bytes = image instanceof Uint8Array ? image : matrixBytes(image, packed);
        writer.tag(2, WireType.LengthDelimited).bytes(bytes);
        if (i > 0 || poses === undefined) return;
        writer.tag(4, WireType.LengthDelimited).bytes(matrixBytes(poses, packed));
      });
    });
  });
}

function writeLabel(frame: BinaryWriter, { box, type, id, level, points }: WaymoLabel): void {
  message(frame, 6, (label) => {
    message(label, 1, (writer) => {
      box.forEach((value, i) => {
        writer.tag(1 + i, WireType.Bit64).double(value);
      });
    });
    label.tag(3, WireType.Varint).int32(type);
    if (id !== undefined) label.tag(4, WireType.LengthDelimited).string(id);
    if (level !== undefined) label.tag(5, WireType.Varint).int32(level);
    if (points !== undefined) label.tag(7, WireType.Varint).int32(points);
  });
}

/** One record. Cameras have 1000 pixels of focal length; a class has 1000 instances. */
export function waymoFrame(parts: WaymoFrameParts): Uint8Array {
  const frame = new BinaryWriter();
  const { time = "1553735853462203", pictures = [], pose, lasers = [], labels = [], packed = false } = parts;
  writeContext(frame, parts);
  frame.tag(2, WireType.Varint).int64(time);
  if (pose !== undefined) message(frame, 3, (transform) => doubles(transform, 1, pose, packed));
  for (const { camera, image, panoptic } of pictures) {
    message(frame, 4, (picture) => {
      picture.tag(1, WireType.Varint).int32(camera);
      picture.tag(2, WireType.LengthDelimited).bytes(image);
      picture.tag(6, WireType.Bit64).double(0.01);
      if (panoptic === undefined) return;
      message(picture, 10, (label) => {
        label.tag(1, WireType.Varint).int32(1000);
        label.tag(2, WireType.LengthDelimited).bytes(panoptic);
      });
    });
  }
  for (const laser of lasers) writeLaser(frame, laser, packed);
  for (const label of labels) writeLabel(frame, label);
  return frameRecord(frame.finish());
}

/** A segment of one frame with pictures alone. */
export function waymoFile(pictures: readonly WaymoPicture[]): Uint8Array {
  return waymoFrame({ pictures });
}

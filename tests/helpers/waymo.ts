/** @file Tiny files in the layout of the Waymo Open Dataset. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { frameRecord } from "../../src/common/tfrecord.js";

export interface WaymoPicture {
  readonly camera: number;
  readonly image: Uint8Array;
  readonly panoptic?: Uint8Array;
}

type Write = (writer: BinaryWriter) => void;

/** A field that holds a message. */
function message(writer: BinaryWriter, number: number, write: Write): void {
  const inner = new BinaryWriter();
  write(inner);
  writer.tag(number, WireType.LengthDelimited).bytes(inner.finish());
}

/**
 * A segment of one frame: a camera with 1000 pixels of focal length for each picture; 1000 instances a class.
 */
export function waymoFile(pictures: readonly WaymoPicture[]): Uint8Array {
  const frame = new BinaryWriter();
  message(frame, 1, (context) => {
    context.tag(1, WireType.LengthDelimited).string("segment");
    for (const { camera } of pictures) {
      message(context, 2, (calibration) => {
        calibration.tag(1, WireType.Varint).int32(camera);
        for (const value of [1000, 1001, 0.5, 0.25, 0, 0, 0, 0, 0])
          calibration.tag(2, WireType.Bit64).double(value);
      });
    }
  });
  frame.tag(2, WireType.Varint).int64("1553735853462203");
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
  return frameRecord(frame.finish());
}

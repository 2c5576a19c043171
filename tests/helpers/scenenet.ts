/** @file Tiny files in the layout of SceneNet RGB-D's protobufs. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

type Point = readonly [number, number, number];

/** A view: where the camera is and looks to as the shutter opens, and, if it moves, as it closes. */
export interface SceneView {
  readonly frame: number;
  readonly camera: Point;
  readonly lookat: Point;
  readonly closing?: { readonly camera: Point; readonly lookat: Point };
}

function message(writer: BinaryWriter, number: number, write: (inner: BinaryWriter) => void): void {
  const inner = new BinaryWriter();
  write(inner);
  writer.tag(number, WireType.LengthDelimited).bytes(inner.finish());
}

function pose(writer: BinaryWriter, number: number, ends: { camera: Point; lookat: Point }): void {
  message(writer, number, (inner) => {
    for (const [part, point] of [ends.camera, ends.lookat].entries()) {
      message(inner, part + 1, (position) => {
        point.forEach((value, axis) => void position.tag(axis + 1, WireType.Bit32).float(value));
      });
    }
    inner.tag(3, WireType.Bit32).float(0.5);
  });
}

/** The views of each trajectory, by render path. */
export function scenenetFile(trajectories: Readonly<Record<string, readonly SceneView[]>>): Uint8Array {
  const all = new BinaryWriter();
  for (const [renderPath, views] of Object.entries(trajectories)) {
    message(all, 1, (trajectory) => {
      for (const { frame, closing, ...opening } of views) {
        message(trajectory, 3, (view) => {
          view.tag(1, WireType.Varint).int32(frame);
          pose(view, 2, opening);
          pose(view, 3, closing ?? opening);
        });
      }
      trajectory.tag(4, WireType.LengthDelimited).string(renderPath);
    });
  }
  return all.finish();
}

/** @file The image: planar RGB [3, height, width] in [0, 1]. */
import type { Field } from "./field.js";
import type { Cut } from "./move.js";
import { cutPlanes, edgedPlanes, mirroredRows, turnedPlanes } from "./planes.js";
import { resample } from "./resample.js";
import type { Size } from "./size.js";
import { tapsOf } from "./taps.js";

/** What surrounds letterboxed images, as YOLO has it. */
export const GREY = 114 / 255;

function cutImage(data: Float32Array, size: Size, cut: Cut): Float32Array {
  const area = size.width * size.height;
  const mean = (plane: number) => {
    let sum = 0;
    for (let i = plane * area; i < (plane + 1) * area; i++) sum += data[i];
    return sum / area;
  };
  if (cut.fill === "edge") return edgedPlanes(data, size, cut);
  return cutPlanes(data, size, cut, { mean, grey: () => GREY, zero: () => 0 }[cut.fill]);
}

/** Array `image` [N,3,H,W]. Resampled bilinearly, over every pixel where it shrinks. */
export const imageField: Field<Float32Array> = {
  kind: "image",
  moved(data, move, size) {
    switch (move.kind) {
      case "mirror":
        return mirroredRows(data, size);
      case "turn":
        return turnedPlanes(data, size, move.quarters);
      case "cut":
        return cutImage(data, size, move);
      case "window":
      case "stretch": {
        const { rows, columns } = tapsOf(move, size, "bilinear");
        return resample(data, 3, size.height, size.width, rows, columns);
      }
    }
  },
  coloured: (data, colouring, size) => colouring(data, size),
  arrays: (count, { height, width }) => ({ "": [count, 3, height, width] }),
  write: (data, arrays, n) => arrays[""].set(data, n * data.length),
};

/** @file Brightness of a picture, the input of maps that are computed from the image. */
import type { Picture } from "../../tasks/task.js";

/** One channel with a border around it that repeats the outermost pixels. */
export interface PaddedPlane {
  /** [height + 2 border, width + 2 border]. */
  readonly data: Float64Array;
  /** Values from one row to the next. */
  readonly stride: number;
}

/**
 * Luma of ITU-R BT.601, 0.299 R + 0.587 G + 0.114 B, in [0, 1], with `border` pixels repeated on each side.
 */
export function greyOf({ width, height, data }: Picture, border: number): PaddedPlane {
  const stride = width + 2 * border;
  const plane = new Float64Array(stride * (height + 2 * border));
  for (let y = 0, at = 0; y < height + 2 * border; y++) {
    const row = Math.min(Math.max(y - border, 0), height - 1) * width;
    for (let x = 0; x < stride; x++, at++) {
      const i = 3 * (row + Math.min(Math.max(x - border, 0), width - 1));
      plane[at] = (0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2]) / 255;
    }
  }
  return { data: plane, stride };
}

/** @file 2D edges: the gradient of a picture's brightness. */
import type { Picture } from "../../tasks/task.js";
import { greyOf } from "./grey.js";

/** [1 4 6 4 1] / 16, a Gaussian of deviation 1, convolved with the central difference [-1 0 1] / 2 ... */
const SLOPE = [-1, -4, -5, 0, 5, 4, 1].map((weight) => weight / 32);
/** ... and with Sobel's [1 2 1] / 4. */
const SMOOTH = [1, 6, 15, 20, 15, 6, 1].map((weight) => weight / 64);
const REACH = 3;
/**
 * A straight step of brightness by h has a gradient of at most 5/16 h; a quarter of the range counts as 1.
 */
const FULL = (5 / 16) * 0.25;

/**
 * Strength of texture edges in [0, 1], [height, width]: what Canny's detector (Canny 1986) has before it
 * thins edges, the Sobel magnitude of the brightness after a Gaussian of deviation 1 pixel. A straight step
 * of a quarter of the brightness range, or more, counts as 1. The border is repeated.
 *
 * Taskonomy (Zamir et al. 2018) takes Canny without non-maximum suppression too, and clips at a value of its
 * own.
 */
export function edges2dOf(picture: Picture): Float32Array {
  const { width, height } = picture;
  const { data, stride } = greyOf(picture, REACH);
  // Rows first: slope and smooth of every padded line at the columns of the picture.
  const lines = height + 2 * REACH;
  const slope = new Float64Array(lines * width);
  const smooth = new Float64Array(lines * width);
  for (let y = 0, at = 0; y < lines; y++) {
    for (let x = 0; x < width; x++, at++) {
      let steep = 0;
      let mean = 0;
      for (let k = 0; k <= 2 * REACH; k++) {
        const value = data[y * stride + x + k];
        steep += SLOPE[k] * value;
        mean += SMOOTH[k] * value;
      }
      slope[at] = steep;
      smooth[at] = mean;
    }
  }
  const strength = new Float32Array(width * height);
  for (let pixel = 0; pixel < strength.length; pixel++) {
    let across = 0;
    let along = 0;
    for (let k = 0; k <= 2 * REACH; k++) {
      across += SMOOTH[k] * slope[pixel + k * width];
      along += SLOPE[k] * smooth[pixel + k * width];
    }
    strength[pixel] = Math.min(1, Math.sqrt(across * across + along * along) / FULL);
  }
  return strength;
}

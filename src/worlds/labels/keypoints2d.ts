/** @file 2D keypoints: the response of SURF's detector to a picture. */
import type { Picture } from "../../tasks/task.js";
import { greyOf, type PaddedPlane } from "./grey.js";

/**
 * Sides of the box filters of SURF's first octave, pixels; they stand for Gaussians of deviation 1.2 s / 9.
 */
const SIZES = [9, 15, 21, 27] as const;
const BORDER = 14;
/** The response that counts as 1: Taskonomy's training code maps [0, 0.005] to the full range and clips. */
const FULL = 0.005;

/** Sums over rectangles from the corner, one row and column larger than the plane (Viola and Jones 2001). */
function integral({ data, stride }: PaddedPlane): PaddedPlane {
  const rows = data.length / stride;
  const wide = stride + 1;
  const sums = new Float64Array((rows + 1) * wide);
  for (let y = 0; y < rows; y++) {
    let line = 0;
    for (let x = 0; x < stride; x++) {
      line += data[y * stride + x];
      sums[(y + 1) * wide + x + 1] = sums[y * wide + x + 1] + line;
    }
  }
  return { data: sums, stride: wide };
}

/** Determinant of the Hessian at the middle (row, column) of a plane, by box filters of side `size`. */
function hessian({ data, stride }: PaddedPlane, row: number, column: number, size: number): number {
  const box = (top: number, left: number, rows: number, columns: number): number => {
    const at = (row + top) * stride + column + left;
    const below = at + rows * stride;
    return data[below + columns] - data[below] - data[at + columns] + data[at];
  };
  const lobe = size / 3;
  const half = (size - 1) / 2;
  const inner = (lobe - 1) / 2;
  const band = 2 * lobe - 1;
  const area = size * size;
  const xx = box(1 - lobe, -half, band, size) - 3 * box(1 - lobe, -inner, band, lobe);
  const yy = box(-half, 1 - lobe, size, band) - 3 * box(-inner, 1 - lobe, lobe, band);
  const xy =
    box(-lobe, -lobe, lobe, lobe) +
    box(1, 1, lobe, lobe) -
    box(-lobe, 1, lobe, lobe) -
    box(1, -lobe, lobe, lobe);
  return (xx / area) * (yy / area) - (0.9 * (xy / area)) ** 2;
}

/**
 * Response to blobs and corners in [0, 1], [height, width]: det H = Dxx Dyy - (0.9 Dxy)² of the brightness by
 * SURF's box filters (Bay et al. 2008, eq. 3), each divided by the filter's area, the largest over four
 * sizes, divided by 0.005 and cut to [0, 1].
 *
 * Taskonomy (Zamir et al. 2018) takes SURF's output before non-maximum suppression too, over ten deviations
 * from 1 to 30 pixels of 512 x 512 images; here they are 1.2 to 3.6, for smaller images. Its filters are cut
 * off at the image's border, which answers to the border itself; here the border is repeated.
 */
export function keypoints2dOf(picture: Picture): Float32Array {
  const { width, height } = picture;
  const sums = integral(greyOf(picture, BORDER));
  const response = new Float32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      let best = 0;
      for (const size of SIZES) {
        const value = hessian(sums, y + BORDER, x + BORDER, size);
        if (value > best) best = value;
      }
      response[pixel] = Math.min(1, best / FULL);
    }
  }
  return response;
}

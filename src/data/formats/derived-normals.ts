/** @file Normals for RGB-D data that has none: from depth smoothed enough for a sensor's noise. */
import type { PinholeCamera } from "../../geometry/camera.js";
import { normalsFromDepth } from "../../geometry/normals-from-depth.js";
import type { LabelMap } from "../../tasks/task.js";
import type { LabelFile } from "../file-dataset.js";

/** Half the side of the averaged square, less half a pixel: 4 means 9x9. */
const RADIUS = 4;
/** A square whose depths differ by more than this factor spans an edge. */
const MAX_RATIO = 1.1;

/** Largest of the values (none negative) in each square of side 2·RADIUS+1, cut off at the border. */
function squareMaxima(values: Float32Array, width: number, height: number): Float32Array {
  const along = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const last = y * width + Math.min(width - 1, x + RADIUS);
      let most = 0;
      for (let i = y * width + Math.max(0, x - RADIUS); i <= last; i++)
        if (values[i] > most) most = values[i];
      along[y * width + x] = most;
    }
  }
  const out = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let row = Math.max(0, y - RADIUS); row <= Math.min(height - 1, y + RADIUS); row++) {
      for (let x = 0; x < width; x++) {
        if (along[row * width + x] > out[y * width + x]) out[y * width + x] = along[row * width + x];
      }
    }
  }
  return out;
}

/** Sum of the values in each square of side 2·RADIUS+1, cut off at the border. */
function squareSums(values: ArrayLike<number>, width: number, height: number): Float64Array {
  // corner[y][x] = sum of all values above and left of (x, y).
  const stride = width + 1;
  const corner = new Float64Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += values[y * width + x];
      corner[(y + 1) * stride + x + 1] = corner[y * stride + x + 1] + row;
    }
  }
  const out = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - RADIUS) * stride;
    const bottom = Math.min(height, y + RADIUS + 1) * stride;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - RADIUS);
      const right = Math.min(width, x + RADIUS + 1);
      const above = corner[top + right] - corner[top + left];
      out[y * width + x] = corner[bottom + right] - corner[bottom + left] - above;
    }
  }
  return out;
}

/**
 * Depth after averaging its inverse over the valid pixels of 9x9 squares: planes are affine in inverse depth,
 * so they stay what they are while a sensor's noise goes down. Invalid where the pixel itself or half of its
 * square is, and across edges.
 */
function smoothDepth(depth: LabelMap): LabelMap {
  const { width, height, valid } = depth;
  const known = new Float32Array(valid.length);
  const inverse = new Float32Array(valid.length);
  for (let i = 0; i < valid.length; i++) {
    if (valid[i] !== 1) continue;
    known[i] = depth.data[i];
    inverse[i] = 1 / depth.data[i];
  }
  const farthest = squareMaxima(known, width, height);
  const nearest = squareMaxima(inverse, width, height);
  const sums = squareSums(inverse, width, height);
  const counts = squareSums(valid, width, height);
  const half = (2 * RADIUS + 1) ** 2 / 2;
  const data = new Float32Array(valid.length);
  const keep = new Uint8Array(valid.length);
  for (let i = 0; i < valid.length; i++) {
    // The one is a depth, the other an inverse: their product is the ratio of the farthest to the nearest.
    if (valid[i] !== 1 || counts[i] <= half || farthest[i] * nearest[i] > MAX_RATIO) continue;
    data[i] = counts[i] / sums[i];
    keep[i] = 1;
  }
  return { ...depth, data, valid: keep };
}

/** Normals of a depth label [1, height, width] in metres, camera coordinates, towards the camera. */
export function deriveNormals(depth: LabelMap, camera: PinholeCamera): LabelMap {
  const { width, height } = depth;
  const smooth = smoothDepth(depth);
  const { normals, valid } = normalsFromDepth(smooth.data, smooth.valid, width, height, camera);
  return { channels: 3, width, height, data: normals, valid };
}

/** A normals label that is computed from a depth file whenever it is read. The sample must have a camera. */
export function derivedNormalsFile(depth: LabelFile, camera: PinholeCamera): LabelFile {
  return { file: depth.file, read: async (own) => deriveNormals(await depth.read(own), camera) };
}

/** @file Normals for RGB-D data that has none: from depth smoothed enough for a sensor's noise. */
import { normalsFromDepth } from "../../geometry/normals-from-depth.js";
import type { LabelMap } from "../../tasks/task.js";
import type { LabelFile } from "../file-dataset.js";
import type { Camera } from "../types.js";

/** Half the side of the averaged square, less half a pixel: 4 means 9x9. */
const RADIUS = 4;
/** A square whose inverse depths differ by more than this share spans an edge. */
const MAX_SPREAD = 0.1;

/** Sums (or extrema) of `values` over squares of side 2·RADIUS+1, cut off at the border: first along rows, then columns. */
function overSquares(
  values: Float32Array,
  width: number,
  height: number,
  join: (a: number, b: number) => number,
): Float32Array {
  const along = (source: Float32Array, step: number, length: number, lines: number, lineStep: number) => {
    const out = new Float32Array(source.length);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        const last = Math.min(length - 1, i + RADIUS);
        let k = Math.max(0, i - RADIUS);
        let total = source[line * lineStep + k * step];
        while (++k <= last) total = join(total, source[line * lineStep + k * step]);
        out[line * lineStep + i * step] = total;
      }
    }
    return out;
  };
  return along(along(values, 1, width, height, width), width, height, width, 1);
}

/**
 * Depth after averaging its inverse over the valid pixels of 9x9 squares: planes are affine in inverse depth, so they stay what
 * they are while a sensor's noise goes down. Invalid where the pixel itself or half of its square is, and across edges.
 */
function smoothDepth(depth: LabelMap): LabelMap {
  const { width, height, valid } = depth;
  const inverse = depth.data.map((metres, i) => (valid[i] === 1 ? 1 / metres : 0));
  const known = Float32Array.from(valid);
  const nearest = overSquares(inverse, width, height, Math.max);
  const upper = inverse.map((value, i) => (valid[i] === 1 ? value : Number.POSITIVE_INFINITY));
  const farthest = overSquares(upper, width, height, Math.min);
  const sums = overSquares(inverse, width, height, (a, b) => a + b);
  const counts = overSquares(known, width, height, (a, b) => a + b);
  const half = (2 * RADIUS + 1) ** 2 / 2;
  const keep = valid.map((ok, i) =>
    ok === 1 && counts[i] > half && farthest[i] > nearest[i] * (1 - MAX_SPREAD) ? 1 : 0,
  );
  const data = sums.map((sum, i) => (keep[i] === 1 ? counts[i] / sum : 0));
  return { ...depth, data, valid: keep };
}

/** Normals of a depth label [1, height, width] in metres, camera coordinates, towards the camera. */
export function deriveNormals(depth: LabelMap, camera: Camera): LabelMap {
  const { width, height } = depth;
  const smooth = smoothDepth(depth);
  const { normals, valid } = normalsFromDepth(smooth.data, smooth.valid, width, height, camera);
  return { channels: 3, width, height, data: normals, valid };
}

/** A normals label that is computed from a depth file whenever it is read. The sample must have a camera. */
export function derivedNormalsFile(depth: LabelFile, camera: Camera): LabelFile {
  return { file: depth.file, read: async (own) => deriveNormals(await depth.read(own), camera) };
}

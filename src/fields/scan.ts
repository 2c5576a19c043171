/** @file A scan: where a picture shows what a LiDAR beside its camera hit, and how far away that is. */
import { cameraField } from "./camera.js";
import type { Field } from "./field.js";
import { sizeAfter } from "./move.js";
import type { Size } from "./size.js";

/** Three numbers a point: x and y, pixels (pixel centres at whole numbers), and depth, metres. */
export interface Scan {
  readonly points: Float32Array;
}

/** Numbers of a point. */
export const SCAN_CHANNELS = 3;
/** Most points of a picture that batches hold; of more, every so many-th one. */
export const SCAN_POINTS = 2048;

/** Whether a picture shows the point: between the centres of its outermost pixels. */
function shows({ width, height }: Size, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;
}

/** Array `scan` [N, 4, SCAN_POINTS] of x, y, depth, and 1 where there is a point; zeros elsewhere. */
export const scanField: Field<Scan> = {
  kind: "scan",
  moved({ points }, move, size) {
    const after = sizeAfter(size, move);
    const nearer = move.kind === "window" || move.kind === "stretch" ? move.enlargement : 1;
    const kept: number[] = [];
    for (let at = 0; at < points.length; at += SCAN_CHANNELS) {
      // A point of the picture moves as the one does at which a camera looks straight ahead.
      const straight = { fx: 1, fy: 1, cx: points[at], cy: points[at + 1] };
      const { cx, cy } = cameraField.moved(straight, move, size);
      if (shows(after, cx, cy)) kept.push(cx, cy, points[at + 2] / nearer);
    }
    return { points: Float32Array.from(kept) };
  },
  arrays: (count) => ({ "": [count, SCAN_CHANNELS + 1, SCAN_POINTS] }),
  write({ points }, arrays, n) {
    const total = points.length / SCAN_CHANNELS;
    const every = Math.max(1, total / SCAN_POINTS);
    const own = arrays[""].subarray(
      n * (SCAN_CHANNELS + 1) * SCAN_POINTS,
      (n + 1) * (SCAN_CHANNELS + 1) * SCAN_POINTS,
    );
    for (let k = 0; k < Math.min(total, SCAN_POINTS); k++) {
      const at = SCAN_CHANNELS * Math.floor(k * every);
      for (let c = 0; c < SCAN_CHANNELS; c++) own[c * SCAN_POINTS + k] = points[at + c];
      own[SCAN_CHANNELS * SCAN_POINTS + k] = 1;
    }
  },
};

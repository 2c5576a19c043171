/** @file Images brought to a network's size, and predictions from there to the size of their image. */

import type { RgbRows } from "../../data/files/rgb.js";
import { resample, resampleRows } from "../../fields/resample.js";
import type { Size } from "../../fields/size.js";
import { nearestTaps, tapsBetween, triangleTaps } from "../../fields/taps.js";
import type { PredictionMap, TaskKind } from "../../tasks/task.js";

/** An image's planes [3,H,W] at another size, made row by row. */
export function resizedRows({ height, width, readRow }: RgbRows, to: Size): Float32Array {
  const [rows, columns] = [triangleTaps(height, to.height), triangleTaps(width, to.width)];
  return resampleRows(readRow, 3, width, rows, columns);
}

/** An image's planes [3,H,W] at another size; they themselves where it has that size. */
export function resized(image: Size & { readonly data: Float32Array }, to: Size): Float32Array {
  if (image.height === to.height && image.width === to.width) return image.data;
  const [rows, columns] = [triangleTaps(image.height, to.height), triangleTaps(image.width, to.width)];
  return resample(image.data, 3, image.height, image.width, rows, columns);
}

/**
 * The prediction with its values mended by the task as a label's would be (normals: unit length). Where the
 * task finds no sound value (normals that point apart), that of `otherwise` stands.
 */
export function mended(map: PredictionMap, kind: TaskKind, otherwise: () => Float32Array): PredictionMap {
  const area = map.height * map.width;
  const label = { ...map, valid: new Uint8Array(area).fill(1) };
  const { data, valid } = kind.files.scaled(label, 1);
  const { channels, height, width } = map;
  if (!valid.includes(0)) return { channels, height, width, data };
  const other = otherwise();
  return {
    ...{ channels, height, width },
    data: data.map((value, i) => (valid[i % area] === 1 ? value : other[i])),
  };
}

/** Whether the task mends values that were mixed. */
export function mends(kind: TaskKind, channels: number): boolean {
  const label = { channels, height: 1, width: 1, data: new Float32Array(channels), valid: Uint8Array.of(1) };
  return kind.files.scaled(label, 1) !== label;
}

/** Rows `from` to `to` (exclusive) of a prediction. */
export type RowsOf = (from: number, to: number) => PredictionMap;

/**
 * The prediction at another size, as many rows at once as are asked for: bilinear, also class scores, so that
 * borders are smooth; then mended, where neighbours point apart by the nearest value.
 */
export function rowsAtSize(map: PredictionMap, kind: TaskKind, { height, width }: Size): RowsOf {
  const { channels } = map;
  if (map.height === height && map.width === width) return (from, to) => rowsOf(map, from, to);
  const at = (taps: typeof triangleTaps) => {
    const [rows, columns] = [taps(map.height, height), taps(map.width, width)];
    return (from: number, to: number) =>
      resample(map.data, channels, map.height, map.width, tapsBetween(rows, from, to), columns);
  };
  const smooth = at(triangleTaps);
  const nearest = at(nearestTaps);
  return (from, to) => {
    const rows = { channels, height: to - from, width, data: smooth(from, to) };
    return mended(rows, kind, () => nearest(from, to));
  };
}

/** Rows of a map as they are; the map itself where those are all. */
function rowsOf(map: PredictionMap, from: number, to: number): PredictionMap {
  const { channels, height, width, data } = map;
  if (from === 0 && to === height) return map;
  const rows = new Float32Array(channels * (to - from) * width);
  for (let c = 0; c < channels; c++) {
    const plane = c * height * width;
    rows.set(data.subarray(plane + from * width, plane + to * width), c * (to - from) * width);
  }
  return { channels, height: to - from, width, data: rows };
}

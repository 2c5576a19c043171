/** @file An image larger than the network's, window by window at its own resolution. */
import type { RgbRows } from "../../data/files/rgb.js";
import type { Size } from "../../fields/size.js";
import type { PredictionMap } from "../../tasks/task.js";
import { Band, type Place } from "./band.js";
import { fitted, rowsInImage } from "./fit.js";
import type { LoadedModel } from "./model.js";
import { mostChannels, type Strip, stripHeight, stripsBetween } from "./strips.js";
import { blendShares, windowStarts } from "./windows.js";

/** How an image is cut. */
export interface Tiling {
  /** [height, width] of a window in pixels of the image; the network's own size if left out. */
  readonly size?: readonly [number, number];
  /** Share of a window that the next one covers, too: from 0 to 0.9. Default 0.25. */
  readonly overlap?: number;
}

/** What predicts windows: a model, or a network in training. */
export type WindowModel = Pick<LoadedModel, "tasks" | "size" | "resize" | "batchSize" | "predictBatch">;

/** The rows of the image that a window of `height` has from `top` on: [3,height,W], the last one repeated. */
function rowsFrom({ height: all, width, readRow }: RgbRows, top: number, height: number): Float32Array {
  const rows = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const start = (c * height + y) * width;
      readRow(c, Math.min(top + y, all - 1), rows.subarray(start, start + width));
    }
  }
  return rows;
}

/** Columns of such rows that a window has from `left` on, planar [3,h,w]; the last one is repeated. */
function columnsFrom(
  rows: Float32Array,
  imageWidth: number,
  left: number,
  { height, width }: Size,
): Float32Array {
  const window = new Float32Array(3 * height * width);
  const inside = Math.min(width, imageWidth - left);
  for (let line = 0; line < 3 * height; line++) {
    const [from, to] = [line * imageWidth + left, line * width];
    window.set(rows.subarray(from, from + inside), to);
    window.fill(rows[from + inside - 1], to + inside, to + width);
  }
  return window;
}

/** Whether one window would cover the image: then it is resized as any other. */
export function fitsWindow(
  model: Pick<WindowModel, "size">,
  image: Size,
  { size = model.size }: Tiling,
): boolean {
  return image.height <= size[0] && image.width <= size[1];
}

/**
 * Predictions of an image by windows that overlap, blended. A window of another size than the network's is
 * brought to it as the network takes images, and its predictions back; where the image is lower or narrower
 * than a window, its edge is repeated.
 */
export async function* tiledStrips(
  model: WindowModel,
  image: RgbRows,
  { size = model.size, overlap = 0.25 }: Tiling,
): AsyncGenerator<Strip> {
  const [height, width] = size;
  const tops = windowStarts(image.height, height, overlap);
  const lefts = windowStarts(image.width, width, overlap);
  const rowShares = blendShares(tops, height, image.height);
  const columnShares = blendShares(lefts, width, image.width);
  const bands = model.tasks.map(({ name, kind, spec }) => {
    const channels = kind.learning.channels(spec);
    return { name, kind, band: new Band(kind, channels, Math.min(height, image.height), image.width) };
  });
  const atOnce = stripHeight(mostChannels(model.tasks), image.width);
  for (const [i, top] of tops.entries()) {
    for (const { band } of bands) band.moveTo(top);
    const rows = rowsFrom(image, top, height);
    for (let j = 0; j < lefts.length; j += model.batchSize) {
      const places = lefts.slice(j, j + model.batchSize).map((left, k): Place => {
        return { top, left, rows: rowShares[i], columns: columnShares[j + k] };
      });
      const windows = places.map(({ left }) => columnsFrom(rows, image.width, left, { height, width }));
      const predictions = await predictWindows(model, windows, { height, width });
      for (const { name, kind, band } of bands) {
        predictions.forEach((maps, n) => {
          band.add(rowsInImage(maps[name], kind, { height, width }, model)(0, height), places[n]);
        });
      }
    }
    for (const [from, to] of stripsBetween(top, tops[i + 1] ?? image.height, atOnce)) {
      const maps = bands.map(({ name, band }) => [name, band.rows(from, to)] as const);
      yield { top: from, maps: Object.fromEntries(maps) };
    }
  }
}

async function predictWindows(
  model: WindowModel,
  windows: readonly Float32Array[],
  from: Size,
): Promise<Record<string, PredictionMap>[]> {
  return await model.predictBatch(windows.map((data) => fitted({ ...from, data }, model)));
}

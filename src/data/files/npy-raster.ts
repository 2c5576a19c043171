/** @file Arrays as pictures. */
import { UserError } from "../../common/errors.js";
import type { Raster, RasterData } from "../../tasks/contract/maps.js";
import type { NpyArray, NpyData } from "./npy.js";
import { narrowed } from "./numbers.js";

/** A label has at most this many channels; an axis of more is height or width. */
const MAX_CHANNELS = 4;

function rasterData(data: NpyData, where: string): RasterData {
  if (data instanceof Float64Array) return Float32Array.from(data);
  return data instanceof BigInt64Array || data instanceof BigUint64Array ? narrowed(data, where) : data;
}

/** [channels, height, width] -> [height, width, channels]. */
function interleaved(data: RasterData, channels: number, area: number): RasterData {
  const out = data.slice();
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < channels; c++) out[i * channels + c] = data[c * area + i];
  }
  return out;
}

/**
 * An array of shape (H, W), (H, W, C) or, where the first axis alone can be that of the channels, (C, H, W).
 * Throws UserError naming `where` for other shapes and for 64-bit integers beyond 32 bits.
 */
export function npyRaster({ shape, data, truth }: NpyArray, where: string): Raster {
  const [a, b, c = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || data.length === 0) {
    throw new UserError({
      code: "data.npy-shape",
      what: "the array is not a label map",
      where,
      expected: "shape (height, width) or (height, width, channels)",
      got: `(${shape.join(", ")})`,
    });
  }
  const values = rasterData(data, where);
  const maximum = truth && { maximum: 1 };
  const channelsFirst = shape.length === 3 && a <= MAX_CHANNELS && c > MAX_CHANNELS && b > MAX_CHANNELS;
  if (!channelsFirst) return { width: b, height: a, channels: c, data: values, ...maximum };
  return { width: c, height: b, channels: a, data: interleaved(values, a, b * c), ...maximum };
}

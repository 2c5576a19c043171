/** @file From pixels of any kind to planar RGB in [0, 1]. */
import { UserError } from "../../common/errors.js";
import type { Size } from "../../fields/size.js";
import type { Raster } from "../../tasks/contract/maps.js";
import { fullValue, paletteColours } from "../../tasks/raster.js";

/** A float beyond [0, 1] by no more than this is what resampling leaves, not a wrong unit. */
const OVERSHOOT = 0.01;

function notAnImage(where: string, expected: string, got: string): UserError {
  const fix = "Save the image as 8-bit RGB or grey.";
  return new UserError({
    code: "data.not-an-image",
    what: "the file is not an image",
    where,
    expected,
    got,
    fix,
  });
}

/** Throws UserError where a value is below 0, which stands for no brightness. */
function requireUnsigned({ data }: Raster, where: string): void {
  const signed = data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array;
  const negative = signed ? data.find((value) => value < 0) : undefined;
  if (negative !== undefined) throw notAnImage(where, "integers from 0 on", String(negative));
}

function requireUnitRange(data: Float32Array, where: string): void {
  const outside = data.find((value) => !(value >= -OVERSHOOT && value <= 1 + OVERSHOOT));
  if (outside !== undefined) throw notAnImage(where, "floats from 0 to 1", String(outside));
}

/** An image's pixels as RGB in [0, 1], made of the file's own row by row. */
export interface RgbRows {
  readonly width: number;
  readonly height: number;
  /** Writes one row of a channel (0 red, 1 green, 2 blue). */
  readRow(channel: number, y: number, out: Float32Array): void;
}

/** Grey repeated, alpha dropped. Throws UserError naming `where` where the raster is no image. */
export function rgbRows(raster: Raster, where: string): RgbRows {
  if (raster.palette !== undefined) return rgbRows(paletteColours(raster, raster.palette, where), where);
  const { width, height, channels, data } = raster;
  if (channels > 4) throw notAnImage(where, "1 to 4 channels", String(channels));
  if (data instanceof Float32Array) requireUnitRange(data, where);
  requireUnsigned(raster, where);
  const full = fullValue(raster);
  // With one or two channels the first is grey, in all three places.
  const places = channels < 3 ? [0, 0, 0] : [0, 1, 2];
  // Only floats may lie beyond the range, by rounding.
  const floats = data instanceof Float32Array;
  return {
    width,
    height,
    readRow(channel, y, out) {
      let at = y * width * channels + places[channel];
      for (let x = 0; x < width; x++, at += channels) out[x] = data[at] / full;
      if (floats) for (let x = 0; x < width; x++) out[x] = Math.min(1, Math.max(0, out[x]));
    },
  };
}

/** Planar RGB [3, height, width] in [0, 1]. */
export function planarRgb({ width, height, readRow }: RgbRows): Float32Array {
  const rgb = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < height; y++) {
      const start = (c * height + y) * width;
      readRow(c, y, rgb.subarray(start, start + width));
    }
  }
  return rgb;
}

/** The rows of planar RGB [3, height, width] in [0, 1]. */
export function planarRows({ width, height, data }: Size & { readonly data: Float32Array }): RgbRows {
  return {
    width,
    height,
    readRow(channel, y, out) {
      const start = (channel * height + y) * width;
      out.set(data.subarray(start, start + width));
    },
  };
}

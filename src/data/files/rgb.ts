/** @file From pixels of any kind to planar RGB in [0, 1]. */
import { UserError } from "../../common/errors.js";
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
  const negative = data instanceof Float32Array ? undefined : data.find((value) => value < 0);
  if (negative !== undefined) throw notAnImage(where, "integers from 0 on", String(negative));
}

function requireUnitRange(data: Float32Array, where: string): void {
  const outside = data.find((value) => !(value >= -OVERSHOOT && value <= 1 + OVERSHOOT));
  if (outside !== undefined) throw notAnImage(where, "floats from 0 to 1", String(outside));
}

/** Planar RGB [3, height, width] in [0, 1]: grey repeated, alpha dropped. Throws UserError naming `where`. */
export function planarRgb(raster: Raster, where: string): Float32Array {
  if (raster.palette !== undefined) return planarRgb(paletteColours(raster, raster.palette, where), where);
  const { width, height, channels, data } = raster;
  if (channels > 4) throw notAnImage(where, "1 to 4 channels", String(channels));
  if (data instanceof Float32Array) requireUnitRange(data, where);
  requireUnsigned(raster, where);
  const full = fullValue(raster);
  const count = width * height;
  const rgb = new Float32Array(3 * count);
  // With one or two channels the first is grey, in all three places.
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let i = 0, j = 0; i < count; i++, j += channels) {
    rgb[i] = data[j] / full;
    rgb[count + i] = data[j + green] / full;
    rgb[2 * count + i] = data[j + blue] / full;
  }
  return data instanceof Float32Array ? rgb.map((value) => Math.min(1, Math.max(0, value))) : rgb;
}

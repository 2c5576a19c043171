/**
 * @file EXIF orientation: which way up a picture is (CIPA DC-008, tag 0x0112). 1 as stored, 2 mirrored
 * left-right, 3 turned by 180 degrees, 4 mirrored top-bottom, 5 transposed, 6 to be turned clockwise, 7
 * transposed and turned by 180 degrees, 8 to be turned counter-clockwise.
 */
import type { Raster, RasterData } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";
import { isTiff, readPages } from "./tiff-directory.js";

const ORIENTATION = 274;

/** Whether an image is turned upright as EXIF says, or left as its pixels are stored. */
export type OrientationRule = "exif" | "stored";

/** Whether width and height change places. */
export const swapsSides = (orientation: number): boolean => orientation >= 5;

/** A number that is none of the eight counts as 1, as everywhere. */
export function knownOrientation(orientation: number | undefined): number {
  return orientation !== undefined && Number.isInteger(orientation) && orientation >= 1 && orientation <= 8
    ? orientation
    : 1;
}

/**
 * The orientation that an EXIF block names; 1 where it names none or is damaged: the pixels are sound all the
 * same.
 */
export function exifOrientation(exif: Uint8Array | undefined): number {
  if (exif === undefined || !isTiff(exif)) return 1;
  try {
    const [page] = readPages(exif, new FileErrors("EXIF", "")).pages;
    return knownOrientation(page?.get(ORIENTATION)?.[0]);
  } catch {
    return 1;
  }
}

/** The picture upright. Returns the raster itself for orientation 1. */
export function oriented(raster: Raster, orientation: number): Raster {
  if (orientation === 1) return raster;
  const { width, height, channels, data } = raster;
  const [w, h] = swapsSides(orientation) ? [height, width] : [width, height];
  const turned = new (data.constructor as new (length: number) => RasterData)(data.length);
  // Upright (x, y) shows what is stored at (x0 + x·xStep + y·yStep, ...), as one offset into the pixels.
  const mirrorX = [2, 3, 7, 8].includes(orientation);
  const mirrorY = [3, 4, 6, 7].includes(orientation);
  const start = (mirrorX ? width - 1 : 0) + (mirrorY ? (height - 1) * width : 0);
  const column = mirrorX ? -1 : 1;
  const row = mirrorY ? -width : width;
  const [xStep, yStep] = swapsSides(orientation) ? [row, column] : [column, row];
  for (let y = 0, target = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const source = (start + x * xStep + y * yStep) * channels;
      for (let c = 0; c < channels; c++) turned[target++] = data[source + c];
    }
  }
  return { ...raster, width: w, height: h, data: turned };
}

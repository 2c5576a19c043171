/**
 * @file Reading pictures and arrays, whatever their format: images to RGB in [0, 1], labels exactly as they
 * stand.
 */
import { extname } from "node:path";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/contract/maps.js";
import { readBytes } from "./bytes.js";
import { isOutOfMemory, tooLargeForMemory } from "./damage.js";
import { encodeNpy } from "./npy.js";
import { type OrientationRule, oriented } from "./orientation.js";
import { foreignFormats, type PictureFormat, type Pixels, pictureFormats } from "./picture-formats.js";
import { encodePng } from "./png.js";
import { planarRgb, type RgbRows, rgbRows } from "./rgb.js";

/** A decoded image: planar RGB [3, height, width] in [0, 1]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
  /**
   * The EXIF orientation that the file names, and whether the image was turned by it; left out where it is 1.
   */
  readonly orientation?: { readonly exif: number; readonly applied: boolean };
}

export interface ReadOptions {
  /** Whether the picture is turned upright as its EXIF block says. Default `exif`. */
  readonly orientation?: OrientationRule;
  /** In small letters: which array or layer of a file is meant, where it has several. */
  readonly names?: readonly string[];
}

/**
 * The format of a file by its content; by its name where the content is of none, so that the error names it.
 */
function formatOf(bytes: Uint8Array, where: string): PictureFormat {
  const extension = extname(where).toLowerCase();
  const format =
    pictureFormats.find((each) => each.matches(bytes)) ??
    pictureFormats.find((each) => !each.images && each.extensions.includes(extension));
  if (format !== undefined) return format;
  throw new UserError({
    code: "data.unknown-image",
    what: "the file is of no format that is read",
    where,
    expected: pictureFormats.map(({ name }) => name).join(", "),
    fix: Object.hasOwn(foreignFormats, extension) ? foreignFormats[extension] : "Convert it to one of these.",
  });
}

/** Throws UserError where the memory does not suffice. */
async function withinMemory<T>(where: string, decode: () => T | Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    throw isOutOfMemory(error) && !(error instanceof UserError) ? tooLargeForMemory(where, error) : error;
  }
}

function decodePixels(bytes: Uint8Array, where: string, options: ReadOptions): Promise<Pixels> {
  const { names = [], orientation: rule = "exif" } = options;
  return withinMemory(where, async () => {
    const pixels = await formatOf(bytes, where).decode(bytes, where, names);
    return rule === "stored" ? pixels : { ...pixels, raster: oriented(pixels.raster, pixels.orientation) };
  });
}

/**
 * Decodes an image to RGB, upright: grey is repeated, transparency dropped, integers divided by the largest
 * their type holds; floats must lie in [0, 1]. Throws UserError naming `where` for anything else and for
 * damaged files.
 */
export async function decodeImage(
  bytes: Uint8Array,
  where: string,
  options: ReadOptions = {},
): Promise<RgbImage> {
  const { raster, orientation: exif } = await decodePixels(bytes, where, options);
  const rows = rgbRows(raster, where);
  const { width, height } = rows;
  const data = await withinMemory(where, () => planarRgb(rows));
  const orientation = { exif, applied: options.orientation !== "stored" };
  return { width, height, data, ...(exif !== 1 && { orientation }) };
}

/**
 * Opens an image file whose pixels are made as they are asked for: as floats, all of them at once take four
 * times the room. Throws UserError naming the file.
 */
export async function openImage(path: string, options: ReadOptions = {}): Promise<RgbRows> {
  const { raster } = await decodePixels(await readBytes(path), path, options);
  return rgbRows(raster, path);
}

/** Reads an image file. Throws UserError naming the file. */
export async function readImage(path: string, options: ReadOptions = {}): Promise<RgbImage> {
  return await decodeImage(await readBytes(path), path, options);
}

/**
 * Decodes a label file, upright. Values are exact: a file that was compressed with loss is refused. Throws
 * UserError naming `where`.
 */
export async function decodeRaster(
  bytes: Uint8Array,
  where: string,
  options: ReadOptions = {},
): Promise<Raster> {
  const { raster, inexact } = await decodePixels(bytes, where, options);
  if (inexact === undefined) return raster;
  throw new UserError({
    code: "data.lossy-label",
    what: `${inexact} does not keep the values of a label`,
    where,
    expected: "a file that does, such as PNG, TIFF or .npy",
    fix: "Export the labels again: what was lost cannot be brought back.",
  });
}

/** Reads a label file. Throws UserError naming the file. */
export async function readRaster(path: string, options: ReadOptions = {}): Promise<Raster> {
  return await decodeRaster(await readBytes(path), path, options);
}

/** The bytes of a label file and the extension they want: 8 and 16 bits unsigned as PNG, others as .npy. */
export function encodeRaster(raster: Raster): { extension: "png" | "npy"; bytes: Uint8Array } {
  const { width, height, channels, data } = raster;
  if (data instanceof Uint8Array || data instanceof Uint16Array) {
    return { extension: "png", bytes: encodePng(raster) };
  }
  const shape = channels === 1 ? [height, width] : [height, width, channels];
  return { extension: "npy", bytes: encodeNpy({ shape, data }) };
}

/** Planar RGB [3, height, width] in [0, 1] as a PNG, rounded to 8 bits. */
export function encodeImage(image: RgbImage): Uint8Array {
  const { width, height, data } = image;
  const count = width * height;
  const pixels = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      pixels[3 * i + c] = Math.round(255 * Math.min(1, Math.max(0, data[c * count + i])));
    }
  }
  return encodePng({ width, height, channels: 3, data: pixels });
}

/** What a format expects of a label file before it translates the values. */
export interface RasterShape {
  readonly channels: number;
  readonly bits: 8 | 16;
}

/** Throws UserError where a label file has another number of channels or other bits than its format says. */
export function expectRaster(raster: Raster, shape: RasterShape, where: string): void {
  const bits = raster.data.BYTES_PER_ELEMENT * 8;
  if (raster.channels === shape.channels && bits === shape.bits) return;
  throw new UserError({
    code: "data.pixel-format",
    what: "the label file has the wrong pixel format",
    where,
    expected: `${shape.bits} bits, ${shape.channels} channel${shape.channels === 1 ? "" : "s"}`,
    got: `${bits} bits, ${raster.channels} channel${raster.channels === 1 ? "" : "s"}`,
  });
}

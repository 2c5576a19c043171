/** @file Reading pictures: images to RGB in [0, 1], label files exactly as they stand. */
import { open, readFile } from "node:fs/promises";
import sharp from "sharp";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/task.js";
import { decodeNpy, encodeNpy } from "./npy.js";
import { decodePng, encodePng, isPng, MAX_PIXELS } from "./png.js";

// Parallelism comes from the loader's workers; libvips's own threads would compete with training.
sharp.concurrency(1);

/** A decoded image: planar RGB [3, height, width] in [0, 1]. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** A UserError for a file that the system does not give. */
export function unreadable(path: string, cause: unknown): UserError {
  const missing = (cause as { code?: string }).code === "ENOENT";
  return new UserError(
    {
      code: missing ? "data.missing-file" : "data.unreadable-file",
      what: missing ? "the file does not exist" : "the file cannot be read",
      where: path,
      got: missing ? undefined : (cause as Error).message,
    },
    { cause },
  );
}

/** Reads a whole file. Throws UserError where it is missing or unreadable. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** `count` bytes of a file from `start`, fewer where it ends before. Throws UserError where it is missing or unreadable. */
export async function readSpan(path: string, start: number, count: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, start);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function toPlanar(pixels: Uint8Array, width: number, height: number): RgbImage {
  const count = width * height;
  const data = new Float32Array(3 * count);
  for (let i = 0, j = 0; i < count; i++, j += 3) {
    data[i] = pixels[j] / 255;
    data[count + i] = pixels[j + 1] / 255;
    data[2 * count + i] = pixels[j + 2] / 255;
  }
  return { width, height, data };
}

/**
 * Decodes a JPEG or PNG to RGB (grey is repeated, transparency dropped, 16 bits reduced to 8).
 * Throws UserError naming `where` for anything else and for damaged files.
 */
export async function decodeImage(bytes: Uint8Array, where: string): Promise<RgbImage> {
  const jpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (isPng(bytes)) {
    const png = decodePng(bytes, where);
    // Plain RGB needs no conversion; the rest (palette, grey, alpha, 16 bits) is sharp's work.
    if (png.channels === 3 && png.data instanceof Uint8Array) {
      return toPlanar(png.data, png.width, png.height);
    }
  } else if (!jpeg) {
    throw new UserError({
      code: "data.unknown-image",
      what: "the image is neither a JPEG nor a PNG",
      where,
      fix: "Convert it to one of the two.",
    });
  }
  try {
    const { data, info } = await sharp(bytes, { failOn: "error", limitInputPixels: MAX_PIXELS })
      .removeAlpha()
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`${info.channels} channels`);
    return toPlanar(data, info.width, info.height);
  } catch (cause) {
    throw new UserError(
      {
        code: "data.damaged-image",
        what: "the image cannot be decoded",
        where,
        got: (cause as Error).message.split("\n")[0],
        fix: "Copy the file again from its source, or remove it.",
      },
      { cause },
    );
  }
}

/** Reads a JPEG or PNG image. Throws UserError naming the file. */
export async function readImage(path: string): Promise<RgbImage> {
  return await decodeImage(await readBytes(path), path);
}

/** A .npy array of shape (H, W) or (H, W, C) as a raster; integers of 8 and 16 bits stay integers. */
function npyRaster(bytes: Uint8Array, where: string): Raster {
  const { shape, data } = decodeNpy(bytes, where);
  const [height, width, channels = 1] = shape;
  if (shape.length < 2 || shape.length > 3 || data.length === 0) {
    throw new UserError({
      code: "data.npy-shape",
      what: "the array is not a label map",
      where,
      expected: "shape (height, width) or (height, width, channels)",
      got: `(${shape.join(", ")})`,
    });
  }
  const plain = data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Float32Array;
  return {
    width,
    height,
    channels,
    data: plain ? data : Float32Array.from(data as ArrayLike<number>, Number),
  };
}

/**
 * Decodes a label file: .npy by its name or its first byte, else PNG. Values are exact. Throws UserError
 * naming `where`.
 */
export function decodeRaster(bytes: Uint8Array, where: string): Raster {
  const npy = bytes[0] === 0x93 || where.toLowerCase().endsWith(".npy");
  return npy ? npyRaster(bytes, where) : decodePng(bytes, where);
}

/** Reads a label file (PNG or .npy). Throws UserError naming the file. */
export async function readRaster(path: string): Promise<Raster> {
  return decodeRaster(await readBytes(path), path);
}

/** The bytes of a label file and the extension they want: integers as PNG, floats as .npy. */
export function encodeRaster(raster: Raster): { extension: "png" | "npy"; bytes: Uint8Array } {
  const { width, height, channels, data } = raster;
  if (!(data instanceof Float32Array)) return { extension: "png", bytes: encodePng(raster) };
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

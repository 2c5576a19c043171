/**
 * @file What libvips decodes: JPEG, WebP, and TIFFs with JPEG or another compression inside, as 8-bit sRGB.
 */
import sharp, { type Metadata } from "sharp";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/contract/maps.js";
import { FileErrors, isOutOfMemory, MAX_PIXELS, tooLargeForMemory } from "./damage.js";

// Parallelism comes from the loader's workers; libvips's own threads would compete with training.
sharp.concurrency(1);

/** The error that a picture cannot be decoded. */
export function undecodable(where: string, cause: unknown): UserError {
  if (isOutOfMemory(cause)) return tooLargeForMemory(where, cause);
  return new UserError(
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

/**
 * An image as 8-bit RGB, or RGBA where it has an alpha channel; and its EXIF orientation, which is not
 * applied.
 */
export async function decodeByLibvips(
  bytes: Uint8Array,
  where: string,
): Promise<{ raster: Raster; orientation: number | undefined }> {
  const options = { failOn: "error", limitInputPixels: false } as const;
  let about: Metadata;
  try {
    about = await sharp(bytes, options).metadata();
  } catch (cause) {
    throw undecodable(where, cause);
  }
  new FileErrors("image", where).requireSize(about.width, about.height);
  if (about.space === "cmyk") throw printColours(where);
  try {
    const { data, info } = await sharp(bytes, { ...options, limitInputPixels: MAX_PIXELS })
      .toColourspace("srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    // The buffer may be a part of a larger one.
    const pixels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return { raster: { width, height, channels, data: pixels }, orientation: about.orientation };
  } catch (cause) {
    throw undecodable(where, cause);
  }
}

/** The error of an image in CMYK: without its profile, which way to RGB is right cannot be known. */
export function printColours(where: string): UserError {
  return new UserError({
    code: "data.cmyk-image",
    what: "the image has the CMYK colours of printing",
    where,
    expected: "RGB or grey",
    fix: "Convert it to RGB, e.g. with `magick in.jpg -colorspace sRGB out.jpg`.",
  });
}

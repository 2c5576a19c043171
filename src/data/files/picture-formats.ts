/**
 * @file The registry of picture and array formats: how each is recognised, by which names it goes, what
 * decodes it.
 */
import { isZip } from "../../common/zip.js";
import type { Raster } from "../../tasks/contract/maps.js";
import { decodeBmp, isBmp } from "./bmp.js";
import { decodeExr, isExr } from "./exr.js";
import { decodeByLibvips, printColours } from "./libvips.js";
import { decodeNpy, isNpy } from "./npy.js";
import { npyRaster } from "./npy-raster.js";
import { decodeNpz } from "./npz.js";
import { exifOrientation, knownOrientation } from "./orientation.js";
import { decodePfm, isPfm } from "./pfm.js";
import { decodePng, isPng } from "./png.js";
import { CMYK, decodeTiff, INDEXED, isTiff, readTiffHeader } from "./tiff.js";
import { compressionName, isOwnCompression } from "./tiff-segments.js";

/** A decoded file. */
export interface Pixels {
  readonly raster: Raster;
  /** EXIF orientation, not yet applied. */
  readonly orientation: number;
  /**
   * Why the values are not exactly those that were stored, e.g. "JPEG compression"; left out where they are.
   */
  readonly inexact?: string;
}

export interface PictureFormat {
  readonly name: string;
  /** In small letters, with dot. */
  readonly extensions: readonly string[];
  /** Whether photos come in it; the others hold labels only. */
  readonly images: boolean;
  matches(bytes: Uint8Array): boolean;
  /** `names` say which array or layer is meant, where a file has several. Throws UserError naming `where`. */
  decode(bytes: Uint8Array, where: string, names: readonly string[]): Pixels | Promise<Pixels>;
}

const upright = (raster: Raster): Pixels => ({ raster, orientation: 1 });
const four = (bytes: Uint8Array, start: number) => String.fromCharCode(...bytes.subarray(start, start + 4));

const png: PictureFormat = {
  name: "PNG",
  extensions: [".png"],
  images: true,
  matches: isPng,
  decode: (bytes, where) => {
    const { exif, ...raster } = decodePng(bytes, where);
    return { raster, orientation: exifOrientation(exif) };
  },
};

const jpeg: PictureFormat = {
  name: "JPEG",
  extensions: [".jpg", ".jpeg", ".jpe", ".jfif"],
  images: true,
  matches: (bytes) => bytes[0] === 0xff && bytes[1] === 0xd8,
  decode: async (bytes, where) => {
    const { raster, orientation } = await decodeByLibvips(bytes, where);
    return { raster, orientation: knownOrientation(orientation), inexact: "JPEG compression" };
  },
};

/**
 * The first chunk that holds pixels is `VP8L` where nothing is lost; an animation is read as its first
 * picture.
 */
function isLossless(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const type = four(bytes, at);
    if (type === "VP8 " || type === "VP8L") return type === "VP8L";
    // The pictures of an animation stand within a chunk, behind 16 bytes.
    if (type === "ANMF") at += 24;
    else at += 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2);
  }
  return false;
}

const webp: PictureFormat = {
  name: "WebP",
  extensions: [".webp"],
  images: true,
  matches: (bytes) => four(bytes, 0) === "RIFF" && four(bytes, 8) === "WEBP",
  decode: async (bytes, where) => {
    const { raster, orientation } = await decodeByLibvips(bytes, where);
    const pixels = { raster, orientation: knownOrientation(orientation) };
    return isLossless(bytes) ? pixels : { ...pixels, inexact: "lossy WebP compression" };
  },
};

const bmp: PictureFormat = {
  name: "BMP",
  extensions: [".bmp", ".dib"],
  images: true,
  matches: isBmp,
  decode: (bytes, where) => upright(decodeBmp(bytes, where)),
};

const tiff: PictureFormat = {
  name: "TIFF",
  extensions: [".tif", ".tiff"],
  images: true,
  matches: isTiff,
  decode: async (bytes, where) => {
    const { compression, photometric, orientation } = readTiffHeader(bytes, where);
    if (photometric === CMYK) throw printColours(where);
    const plain = photometric <= INDEXED;
    if (isOwnCompression(compression) && plain) {
      return { raster: decodeTiff(bytes, where), orientation: knownOrientation(orientation) };
    }
    const { raster } = await decodeByLibvips(bytes, where);
    const inexact = plain ? compressionName(compression) : `colour space ${photometric}`;
    return { raster, orientation: knownOrientation(orientation), inexact };
  },
};

const exr: PictureFormat = {
  name: "EXR",
  extensions: [".exr"],
  images: false,
  matches: isExr,
  decode: (bytes, where, names) => upright(decodeExr(bytes, where, names)),
};

const pfm: PictureFormat = {
  name: "PFM",
  extensions: [".pfm"],
  images: false,
  matches: isPfm,
  decode: (bytes, where) => upright(decodePfm(bytes, where)),
};

const npy: PictureFormat = {
  name: "NumPy array",
  extensions: [".npy"],
  images: false,
  matches: isNpy,
  decode: (bytes, where) => upright(npyRaster(decodeNpy(bytes, where), where)),
};

const npz: PictureFormat = {
  name: "NumPy archive",
  extensions: [".npz"],
  images: false,
  matches: isZip,
  decode: (bytes, where, names) => upright(npyRaster(decodeNpz(bytes, where, names), where)),
};

/** Every format that is read. */
export const pictureFormats: readonly PictureFormat[] = [png, jpeg, webp, bmp, tiff, exr, pfm, npy, npz];

/** Formats that people have and that are not read, by extension: what to do with them. */
export const foreignFormats: Readonly<Record<string, string>> = Object.fromEntries(
  [
    [[".heic", ".heif", ".hif"], "HEIC", "Export the photos as JPEG."],
    [
      [
        ".avif",
        ".jxl",
        ".jp2",
        ".j2k",
        ".jpx",
        ".gif",
        ".tga",
        ".ppm",
        ".pgm",
        ".pnm",
        ".pbm",
        ".svg",
        ".ico",
      ],
    ],
    [
      [".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2"],
      "a camera's raw data",
      "Develop the photos to PNG or TIFF.",
    ],
    [[".hdr", ".psd", ".pdf", ".eps"]],
    [
      [".h5", ".hdf5", ".mat", ".pkl", ".pt", ".pth", ".bin", ".raw", ".dat", ".tfrecord"],
      "a container",
      "Save the arrays as .npy.",
    ],
    [[".mp4", ".mov", ".avi", ".mkv", ".webm"], "a video", "Save its frames as pictures."],
    [[".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"], "an archive", "Unpack it."],
  ].flatMap(([extensions, what, fix]) =>
    (extensions as string[]).map((extension) => [
      extension,
      what === undefined ? "this format is not read. Save it as PNG." : `${what} is not read. ${fix}`,
    ]),
  ),
);

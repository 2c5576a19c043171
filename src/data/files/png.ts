/**
 * @file PNG, exactly: grey, RGB and palette pixels come out as they stand in the file (8 or 16 bits, palette
 * indices not turned into colours). A decoder of our own because libraries either convert the values (sharp)
 * or fill what a damaged file lacks with zeros (fast-png), and a label map must be neither guessed nor
 * touched.
 */
import { crc32, inflateSync } from "node:zlib";
import { encode } from "fast-png";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/task.js";

/** More pixels than this are refused before anything is allocated. */
export const MAX_PIXELS = 2 ** 26;

/** Pixels of a PNG as they stand in the file. */
export interface PngRaster extends Raster {
  readonly data: Uint8Array | Uint16Array;
  readonly bitDepth: 1 | 2 | 4 | 8 | 16;
  /** True when the one channel holds indices into a palette. */
  readonly palette: boolean;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const BIT_DEPTHS: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bitDepth: number;
  readonly channels: number;
  readonly palette: boolean;
  readonly interlaced: boolean;
}

function damaged(where: string, what: string, code = "data.damaged-png"): UserError {
  return new UserError({ code, what, where, fix: "Write the file again from its source, or remove it." });
}

function truncated(where: string, got: string): UserError {
  return new UserError({
    code: "data.truncated-png",
    what: "the PNG file ends too early",
    where,
    got,
    fix: "Copy the file again from its source, or remove it.",
  });
}

/** True when the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function readHeader(view: DataView, start: number, length: number, where: string): Header {
  if (length !== 13) throw damaged(where, "the PNG header has the wrong length");
  const width = view.getUint32(start);
  const height = view.getUint32(start + 4);
  const bitDepth = view.getUint8(start + 8);
  const colour = view.getUint8(start + 9);
  if (!(BIT_DEPTHS[colour] ?? []).includes(bitDepth) || view.getUint8(start + 12) > 1) {
    throw damaged(
      where,
      `the PNG header names no known pixel format (colour type ${colour}, ${bitDepth} bits)`,
    );
  }
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) {
    throw new UserError({
      code: "data.image-size",
      what: "the image size is not usable",
      where,
      expected: `1 to ${MAX_PIXELS} pixels`,
      got: `${width}x${height}`,
    });
  }
  return {
    width,
    height,
    bitDepth,
    channels: CHANNELS[colour],
    palette: colour === 3,
    interlaced: view.getUint8(start + 12) === 1,
  };
}

/** Walks the chunks; checks bounds and the checksums of the critical ones. */
function readChunks(bytes: Uint8Array, where: string): { header: Header; compressed: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let header: Header | undefined;
  let offset = 8;
  for (;;) {
    if (offset + 12 > bytes.length) throw truncated(where, `${bytes.length} bytes without an end marker`);
    const length = view.getUint32(offset);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const start = offset + 8;
    const end = start + length;
    if (end + 4 > bytes.length) {
      throw truncated(where, `${bytes.length} bytes where block ${JSON.stringify(type)} needs ${end + 4}`);
    }
    const critical = (bytes[offset + 4] & 0x20) === 0;
    if (critical && crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(end)) {
      throw damaged(where, `the checksum of PNG block ${JSON.stringify(type)} does not match its bytes`);
    }
    if (type === "IHDR") header = readHeader(view, start, length, where);
    else if (type === "IDAT") parts.push(bytes.subarray(start, end));
    else if (type === "IEND") break;
    offset = end + 4;
  }
  if (header === undefined) throw damaged(where, "the PNG has no header");
  return { header, compressed: Buffer.concat(parts) };
}

function rowBytes(width: number, header: Header): number {
  return Math.ceil((width * header.channels * header.bitDepth) / 8);
}

/** The parts of the picture in file order: one, or Adam7's seven. */
function passes(header: Header): { x: number; y: number; dx: number; dy: number; w: number; h: number }[] {
  if (!header.interlaced) return [{ x: 0, y: 0, dx: 1, dy: 1, w: header.width, h: header.height }];
  return ADAM7.map(([x, y, dx, dy]) => {
    return { x, y, dx, dy, w: Math.ceil((header.width - x) / dx), h: Math.ceil((header.height - y) / dy) };
  }).filter((pass) => pass.w > 0 && pass.h > 0);
}

function inflatePixels(compressed: Uint8Array, expected: number, where: string): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateSync(compressed, { maxOutputLength: expected });
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code === "Z_BUF_ERROR") throw truncated(where, "incomplete pixel data");
    const more = code === "ERR_BUFFER_TOO_LARGE";
    throw damaged(
      where,
      more ? "there is more pixel data than the header says" : "the pixel data is damaged",
    );
  }
  if (raw.length < expected) throw truncated(where, `${raw.length} of ${expected} bytes of pixels`);
  return raw;
}

function paeth(left: number, up: number, corner: number): number {
  const estimate = left + up - corner;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toCorner = Math.abs(estimate - corner);
  if (toLeft <= toUp && toLeft <= toCorner) return left;
  return toUp <= toCorner ? up : corner;
}

/** Undoes the row filters in place (PNG specification, section 9). `stride` counts the bytes of one pixel. */
function unfilter(
  raw: Uint8Array,
  start: number,
  rows: number,
  bytes: number,
  stride: number,
  where: string,
) {
  for (let y = 0; y < rows; y++) {
    const line = start + y * (bytes + 1) + 1;
    const above = y === 0 ? -1 : line - bytes - 1;
    const filter = raw[line - 1];
    if (filter > 4) throw damaged(where, `the PNG has an unknown row filter ${filter}`);
    if (filter === 0) continue;
    for (let i = 0; i < bytes; i++) {
      const left = i < stride ? 0 : raw[line + i - stride];
      const up = above < 0 ? 0 : raw[above + i];
      const corner = i < stride || above < 0 ? 0 : raw[above + i - stride];
      let add: number;
      if (filter === 1) add = left;
      else if (filter === 2) add = up;
      else if (filter === 3) add = (left + up) >> 1;
      else add = paeth(left, up, corner);
      raw[line + i] += add;
    }
  }
}

/** Value `i` of an unfiltered row that begins at byte `line`. */
function valueAt(raw: Uint8Array, line: number, i: number, bitDepth: number): number {
  if (bitDepth === 8) return raw[line + i];
  if (bitDepth === 16) return (raw[line + 2 * i] << 8) | raw[line + 2 * i + 1];
  const bit = i * bitDepth;
  return (raw[line + (bit >> 3)] >> (8 - bitDepth - (bit & 7))) & ((1 << bitDepth) - 1);
}

/**
 * Decodes a PNG to interleaved rows. 1, 2 and 4 bit files come out as 8-bit numbers of the same value.
 * Throws UserError naming `where`: not a PNG, ends too early, damaged, too large.
 */
export function decodePng(bytes: Uint8Array, where: string): PngRaster {
  if (!isPng(bytes)) throw damaged(where, "this is not a PNG file", "data.not-png");
  const { header, compressed } = readChunks(bytes, where);
  const { width, height, channels, bitDepth, palette } = header;
  const parts = passes(header);
  const expected = parts.reduce((sum, part) => sum + part.h * (rowBytes(part.w, header) + 1), 0);
  const raw = inflatePixels(compressed, expected, where);
  const stride = Math.max(1, (channels * bitDepth) / 8);
  const data =
    bitDepth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  let start = 0;
  for (const part of parts) {
    const lineBytes = rowBytes(part.w, header);
    unfilter(raw, start, part.h, lineBytes, stride, where);
    for (let y = 0; y < part.h; y++) {
      const line = start + y * (lineBytes + 1) + 1;
      const row = (part.y + y * part.dy) * width + part.x;
      for (let x = 0; x < part.w; x++) {
        const target = (row + x * part.dx) * channels;
        for (let c = 0; c < channels; c++) data[target + c] = valueAt(raw, line, x * channels + c, bitDepth);
      }
    }
    start += part.h * (lineBytes + 1);
  }
  return { width, height, channels, data, bitDepth: bitDepth as PngRaster["bitDepth"], palette };
}

/** Encodes 8- or 16-bit interleaved rows of 1 to 4 channels as a PNG. */
export function encodePng(raster: Raster): Uint8Array {
  if (raster.data instanceof Float32Array) throw new TypeError("a PNG holds integers, not floats");
  const { width, height, channels, data } = raster;
  return encode({ width, height, channels, data, depth: data instanceof Uint16Array ? 16 : 8 });
}

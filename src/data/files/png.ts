/**
 * @file PNG, exactly: grey, RGB and palette pixels come out as they stand in the file (8 or 16 bits, palette
 * indices not turned into colours). A decoder of our own because libraries either convert the values (sharp)
 * or fill what a damaged file lacks with zeros (fast-png), and a label map must be neither guessed nor
 * touched.
 */
import { crc32, inflateSync } from "node:zlib";
import { encode } from "fast-png";
import { UserError } from "../../common/errors.js";
import type { Raster } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";

/** Pixels of a PNG as they stand in the file. */
export interface PngRaster extends Raster {
  readonly data: Uint8Array | Uint16Array;
  /** The EXIF block, which begins as a TIFF does. */
  readonly exif?: Uint8Array;
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
  readonly indexed: boolean;
  readonly interlaced: boolean;
}

/** What stands before the pixels. */
interface Chunks {
  readonly header: Header;
  readonly compressed: Uint8Array;
  readonly palette: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
}

/** True when the bytes begin as a PNG does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function readHeader(view: DataView, start: number, length: number, errors: FileErrors): Header {
  if (length !== 13) throw errors.damaged("its header has the wrong length");
  const width = view.getUint32(start);
  const height = view.getUint32(start + 4);
  const bitDepth = view.getUint8(start + 8);
  const colour = view.getUint8(start + 9);
  if (!(BIT_DEPTHS[colour] ?? []).includes(bitDepth) || view.getUint8(start + 12) > 1) {
    throw errors.damaged(`its header names no known pixel format (colour type ${colour}, ${bitDepth} bits)`);
  }
  errors.requireSize(width, height);
  return {
    width,
    height,
    bitDepth,
    channels: CHANNELS[colour],
    indexed: colour === 3,
    interlaced: view.getUint8(start + 12) === 1,
  };
}

/** The chunks of a file in order. Checks bounds and the checksums of the critical ones. */
function* chunks(
  bytes: Uint8Array,
  errors: FileErrors,
): Generator<{ type: string; start: number; end: number }> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let offset = 8; ; ) {
    if (offset + 12 > bytes.length) throw errors.truncated(`${bytes.length} bytes without an end marker`);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const start = offset + 8;
    const end = start + view.getUint32(offset);
    if (end + 4 > bytes.length) {
      throw errors.truncated(`${bytes.length} bytes where block ${JSON.stringify(type)} needs ${end + 4}`);
    }
    const critical = (bytes[offset + 4] & 0x20) === 0;
    if (critical && crc32(bytes.subarray(offset + 4, end)) !== view.getUint32(end)) {
      throw errors.damaged(`the checksum of block ${JSON.stringify(type)} does not match its bytes`);
    }
    if (type === "IEND") return;
    yield { type, start, end };
    offset = end + 4;
  }
}

function readChunks(bytes: Uint8Array, errors: FileErrors): Chunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Uint8Array[] = [];
  let header: Header | undefined;
  let [palette, exif]: (Uint8Array | undefined)[] = [];
  for (const { type, start, end } of chunks(bytes, errors)) {
    if (type === "IHDR") header = readHeader(view, start, end - start, errors);
    else if (type === "IDAT") parts.push(bytes.subarray(start, end));
    else if (type === "PLTE") palette = Uint8Array.from(bytes.subarray(start, end));
    else if (type === "eXIf") exif = bytes.subarray(start, end);
  }
  if (header === undefined) throw errors.damaged("it has no header");
  if (header.indexed && palette === undefined) throw errors.damaged("it has no palette");
  return { header, compressed: Buffer.concat(parts), palette: header.indexed ? palette : undefined, exif };
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

function inflatePixels(compressed: Uint8Array, expected: number, errors: FileErrors): Uint8Array {
  let raw: Uint8Array;
  try {
    raw = inflateSync(compressed, { maxOutputLength: expected });
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    if (code === "Z_BUF_ERROR") throw errors.truncated("incomplete pixel data");
    const more = code === "ERR_BUFFER_TOO_LARGE";
    throw errors.damaged(
      more ? "there is more pixel data than its header says" : "its pixel data is damaged",
    );
  }
  if (raw.length < expected) throw errors.truncated(`${raw.length} of ${expected} bytes of pixels`);
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
  errors: FileErrors,
) {
  for (let y = 0; y < rows; y++) {
    const line = start + y * (bytes + 1) + 1;
    const above = y === 0 ? -1 : line - bytes - 1;
    const filter = raw[line - 1];
    if (filter > 4) throw errors.damaged(`it has an unknown row filter ${filter}`);
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
 * Decodes a PNG to interleaved rows. 1, 2 and 4 bit files come out as 8-bit numbers of the same value, and
 * palette indices as such, with the palette. Throws UserError naming `where`: not a PNG, ends too early,
 * damaged, too large.
 */
export function decodePng(bytes: Uint8Array, where: string): PngRaster {
  const errors = new FileErrors("PNG", where);
  if (!isPng(bytes)) {
    throw new UserError({
      code: "data.not-png",
      what: "this is not a PNG file",
      where,
      fix: "Write it again.",
    });
  }
  const { header, compressed, palette, exif } = readChunks(bytes, errors);
  const { width, height, channels, bitDepth } = header;
  const parts = passes(header);
  const expected = parts.reduce((sum, part) => sum + part.h * (rowBytes(part.w, header) + 1), 0);
  const raw = inflatePixels(compressed, expected, errors);
  const stride = Math.max(1, (channels * bitDepth) / 8);
  const data =
    bitDepth === 16 ? new Uint16Array(width * height * channels) : new Uint8Array(width * height * channels);
  let start = 0;
  for (const part of parts) {
    const lineBytes = rowBytes(part.w, header);
    unfilter(raw, start, part.h, lineBytes, stride, errors);
    for (let y = 0; y < part.h; y++) {
      const line = start + y * (lineBytes + 1) + 1;
      const row = (part.y + y * part.dy) * width + part.x;
      if (bitDepth === 8 && part.dx === 1) {
        data.set(raw.subarray(line, line + lineBytes), row * channels);
        continue;
      }
      for (let x = 0; x < part.w; x++) {
        const target = (row + x * part.dx) * channels;
        for (let c = 0; c < channels; c++) data[target + c] = valueAt(raw, line, x * channels + c, bitDepth);
      }
    }
    start += part.h * (lineBytes + 1);
  }
  const small = bitDepth < 8 && { maximum: 2 ** bitDepth - 1 };
  return { width, height, channels, data, ...(palette && { palette }), ...(exif && { exif }), ...small };
}

/** Encodes 8- or 16-bit interleaved rows of 1 to 4 channels as a PNG. */
export function encodePng(raster: Raster): Uint8Array {
  const { width, height, channels, data } = raster;
  if (!(data instanceof Uint8Array || data instanceof Uint16Array)) {
    throw new TypeError("a PNG holds unsigned integers of 8 or 16 bits");
  }
  return encode({ width, height, channels, data, depth: data instanceof Uint16Array ? 16 : 8 });
}

/**
 * @file Windows bitmaps (BITMAPCOREHEADER to BITMAPV5HEADER): 1, 4 and 8 bits with a palette, 16, 24 and 32
 * bits with any colour masks, run lengths of 4 and 8 bits, rows from below or from above. Palette indices
 * stay indices.
 */
import type { Raster } from "../../tasks/contract/maps.js";
import { FileErrors } from "./damage.js";

interface Header {
  readonly width: number;
  readonly height: number;
  /** The first row of the file is the uppermost. */
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Offset of the pixels. */
  readonly pixels: number;
  /** Red, green, blue and alpha; 0 for none. */
  readonly masks: readonly [number, number, number, number];
  /** RGB triples. */
  readonly palette: Uint8Array | undefined;
}

const FILE_HEADER = 14;
const [NONE, RLE8, RLE4, BITFIELDS, ALPHA_BITFIELDS] = [0, 1, 2, 3, 6];
const BITS: Readonly<Record<number, readonly number[]>> = {
  [NONE]: [1, 4, 8, 16, 24, 32],
  [RLE8]: [8],
  [RLE4]: [4],
  [BITFIELDS]: [16, 32],
  [ALPHA_BITFIELDS]: [16, 32],
};

/** True when the bytes begin as a bitmap does. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d && bytes.length > 18 && bytes[15] === 0 && bytes[17] === 0;
}

function readHeader(view: DataView, errors: FileErrors): Header {
  const size = view.getUint32(FILE_HEADER, true);
  const core = size === 12;
  if (!core && size < 40) throw errors.damaged(`a header of ${size} bytes`);
  const width = core ? view.getUint16(18, true) : view.getInt32(18, true);
  const signed = core ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? NONE : view.getUint32(30, true);
  const used = core ? 0 : view.getUint32(46, true);
  errors.requireSize(width, Math.abs(signed));
  if (!(BITS[compression] ?? []).includes(bits)) {
    throw errors.unsupported(`compression ${compression} with ${bits} bits`, "Save it as a PNG.");
  }
  const masked = compression === BITFIELDS || compression === ALPHA_BITFIELDS;
  // Masks stand behind the first 40 bytes of the header, within a larger one as well.
  const mask = (i: number) => view.getUint32(FILE_HEADER + 40 + 4 * i, true);
  const alpha = compression === ALPHA_BITFIELDS || size >= 56;
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const masks = masked ? [mask(0), mask(1), mask(2), alpha ? mask(3) : 0] : usual;
  if (masks.slice(0, 3).includes(0)) throw errors.damaged("a colour without bits");
  const behind = masked && size === 40 ? (compression === ALPHA_BITFIELDS ? 16 : 12) : 0;
  return {
    width,
    height: Math.abs(signed),
    topDown: signed < 0,
    bits,
    compression,
    pixels: view.getUint32(10, true),
    masks: masks as [number, number, number, number],
    palette: bits > 8 ? undefined : readPalette(view, FILE_HEADER + size + behind, bits, used, core ? 3 : 4),
  };
}

function readPalette(view: DataView, start: number, bits: number, used: number, entry: number): Uint8Array {
  const count = used === 0 ? 2 ** bits : Math.min(used, 2 ** bits);
  const palette = new Uint8Array(3 * count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) palette[3 * i + c] = view.getUint8(start + i * entry + 2 - c);
  }
  return palette;
}

/** Packed palette indices, rows in the file's order. */
function plainIndices(view: DataView, { width, height, bits, pixels }: Header): Uint8Array {
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  // Before anything is allocated.
  view.getUint8(pixels + rowBytes * (height - 1) + Math.ceil((width * bits) / 8) - 1);
  const indices = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const byte = view.getUint8(pixels + y * rowBytes + (bit >> 3));
      indices[y * width + x] = (byte >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    }
  }
  return indices;
}

/**
 * Run lengths: (count, value), or 0 and an escape: 0 end of row, 1 end of picture, 2 move, else that many
 * literals.
 */
function runIndices(view: DataView, header: Header, errors: FileErrors): Uint8Array {
  const { width, height, bits, pixels } = header;
  // A run of two bytes fills at most 255 pixels; rows that are skipped are rare enough to be refused.
  if (width * height > 255 * view.byteLength) throw errors.truncated();
  const indices = new Uint8Array(width * height);
  let [at, x, y] = [pixels, 0, 0];
  const put = (value: number, i: number) => {
    const index = bits === 8 ? value : i % 2 === 0 ? value >> 4 : value & 15;
    if (y >= height) throw errors.damaged("a run goes beyond the picture");
    // Some writers fill rows up to a multiple of four.
    if (x < width) indices[y * width + x] = index;
    x++;
  };
  for (;;) {
    const count = view.getUint8(at++);
    const value = view.getUint8(at++);
    if (count > 0) for (let i = 0; i < count; i++) put(value, i);
    else if (value === 0) [x, y] = [0, y + 1];
    else if (value === 1) return indices;
    else if (value === 2) [x, y] = [x + view.getUint8(at++), y + view.getUint8(at++)];
    else {
      for (let i = 0; i < value; i++) put(view.getUint8(at + (bits === 8 ? i : i >> 1)), i);
      at += 2 * Math.ceil((value * bits) / 16);
    }
  }
}

/** Where the bits of a mask begin, and the largest value they hold. */
function fieldOf(mask: number): { mask: number; unit: number; maximum: number } {
  const unit = (mask & -mask) >>> 0;
  return { mask, unit, maximum: mask / unit };
}

function colours(view: DataView, header: Header): { channels: number; data: Uint8Array } {
  const { width, height, bits, pixels, masks } = header;
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  view.getUint8(pixels + rowBytes * (height - 1) + (width * bits) / 8 - 1);
  const fields = masks.filter((mask) => mask !== 0).map(fieldOf);
  const data = new Uint8Array(width * height * fields.length);
  for (let y = 0, target = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = pixels + y * rowBytes + (x * bits) / 8;
      const low = view.getUint16(at, true);
      const pixel =
        bits === 16
          ? low
          : low | ((bits === 24 ? view.getUint8(at + 2) : view.getUint16(at + 2, true)) << 16);
      for (const { mask, unit, maximum } of fields) {
        data[target++] = Math.round((255 * (((pixel & mask) >>> 0) / unit)) / maximum);
      }
    }
  }
  return { channels: fields.length, data };
}

/** Decodes a bitmap. Throws UserError naming `where`. */
export function decodeBmp(bytes: Uint8Array, where: string): Raster {
  const errors = new FileErrors("BMP", where);
  return errors.within(() => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const header = readHeader(view, errors);
    const { width, height, topDown, palette, bits, compression } = header;
    const runs = compression === RLE8 || compression === RLE4;
    const { channels, data } =
      palette === undefined
        ? colours(view, header)
        : { channels: 1, data: runs ? runIndices(view, header, errors) : plainIndices(view, header) };
    const upright = topDown ? data : reversedRows(data, width * channels);
    const small = palette !== undefined && bits < 8 && { maximum: 2 ** bits - 1 };
    return { width, height, channels, data: upright, ...(palette && { palette }), ...small };
  });
}

function reversedRows(data: Uint8Array, rowLength: number): Uint8Array {
  const turned = new Uint8Array(data.length);
  for (let start = 0; start < data.length; start += rowLength) {
    turned.set(data.subarray(start, start + rowLength), data.length - start - rowLength);
  }
  return turned;
}

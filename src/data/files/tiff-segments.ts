/** @file The strips and tiles of a TIFF: decompressing them and undoing their predictors. */
import { inflateSync } from "node:zlib";
import type { FileErrors } from "./damage.js";
import { decodeLzw } from "./lzw.js";
import { swapBytes } from "./numbers.js";

/** What all segments of a page have in common. */
export interface SegmentLayout {
  readonly compression: number;
  readonly predictor: number;
  readonly littleEndian: boolean;
  /** Pixels of a row of a segment. */
  readonly width: number;
  /** Samples of a pixel within a segment. */
  readonly samples: number;
  /** Bits of a sample. */
  readonly bits: number;
}

const [PLAIN, LZW, DEFLATE, OLD_DEFLATE, PACKBITS] = [1, 5, 8, 32946, 32773];
const NAMES: Readonly<Record<number, string>> = {
  2: "fax compression",
  3: "fax compression",
  4: "fax compression",
  6: "old JPEG compression",
  7: "JPEG compression",
  34887: "LERC compression",
  34925: "LZMA compression",
  50000: "Zstandard compression",
  50001: "WebP compression",
  50002: "JPEG XL compression",
};

export const isOwnCompression = (compression: number): boolean =>
  [PLAIN, LZW, DEFLATE, OLD_DEFLATE, PACKBITS].includes(compression);
export const compressionName = (compression: number): string =>
  NAMES[compression] ?? `compression ${compression}`;

/** Bytes of a row of samples, which begins on a whole byte. */
export function rowBytes({ width, samples, bits }: SegmentLayout): number {
  return Math.ceil((width * samples * bits) / 8);
}

function unpackBits(source: Uint8Array, length: number): Uint8Array {
  const out = new Uint8Array(length);
  let [at, written] = [0, 0];
  while (written < length && at < source.length) {
    const head = (source[at++] << 24) >> 24;
    if (head === -128) continue;
    const count = Math.min(head >= 0 ? head + 1 : 1 - head, length - written);
    if (head >= 0) {
      out.set(source.subarray(at, at + count), written);
      at += head + 1;
    } else out.fill(source[at++], written, written + count);
    written += count;
  }
  return at > source.length ? out.subarray(0, 0) : out.subarray(0, written);
}

function decompress(source: Uint8Array, length: number, compression: number, errors: FileErrors): Uint8Array {
  // No code of any of these stands for more bytes; nothing is allocated for what cannot be there.
  if (length > 4096 * (source.length + 1)) throw errors.truncated();
  switch (compression) {
    case PLAIN:
      return source.subarray(0, length);
    case PACKBITS:
      return unpackBits(source, length);
    case LZW: {
      if (source[0] === 0 && (source[1] & 1) === 1) {
        throw errors.unsupported("the LZW compression of before TIFF 6.0", "Save it again.");
      }
      const out = decodeLzw(source, length);
      if (out === undefined) throw errors.damaged("an LZW code stands for nothing");
      return out;
    }
    default:
      try {
        // Writers may pad the last strip: what goes beyond the rows is cut off.
        return inflateSync(source, { maxOutputLength: length + 65536 }).subarray(0, length);
      } catch {
        throw errors.damaged("a strip or tile cannot be inflated");
      }
  }
}

/** Each sample is stored as the difference from its left neighbour. Works on little-endian rows. */
function undoDifferences(bytes: Uint8Array<ArrayBuffer>, layout: SegmentLayout, errors: FileErrors): void {
  const { width, samples, bits } = layout;
  const Type = ({ 8: Uint8Array, 16: Uint16Array, 32: Uint32Array, 64: BigUint64Array } as const)[bits];
  if (Type === undefined) throw errors.damaged(`predictor 2 with ${bits} bits`);
  const values = new Type(bytes.buffer, bytes.byteOffset, bytes.byteLength / (bits / 8)) as Uint32Array;
  const row = width * samples;
  for (let start = 0; start + row <= values.length; start += row) {
    for (let i = start + samples; i < start + row; i++) values[i] += values[i - samples];
  }
}

/**
 * Floats whose bytes are sorted into planes, highest first, each byte the difference from its left neighbour.
 */
function undoFloatDifferences(bytes: Uint8Array, layout: SegmentLayout, errors: FileErrors): void {
  const { width, samples, bits } = layout;
  const size = bits / 8;
  if (![2, 4, 8].includes(size)) throw errors.damaged(`predictor 3 with ${bits} bits`);
  const row = width * samples;
  const planes = new Uint8Array(row * size);
  for (let start = 0; start < bytes.length; start += planes.length) {
    planes.set(bytes.subarray(start, start + planes.length));
    for (let i = samples; i < planes.length; i++) planes[i] += planes[i - samples];
    for (let i = 0; i < row; i++) {
      for (let byte = 0; byte < size; byte++)
        bytes[start + i * size + byte] = planes[(size - 1 - byte) * row + i];
    }
  }
}

/**
 * The rows of a segment: `rows` of them, little-endian whatever the file's order.
 * @throws UserError where the segment holds fewer bytes than its rows, or cannot be decompressed.
 */
export function segmentRows(
  source: Uint8Array,
  rows: number,
  layout: SegmentLayout,
  errors: FileErrors,
): Uint8Array {
  const length = rows * rowBytes(layout);
  const stored = decompress(source, length, layout.compression, errors);
  if (stored.length < length)
    throw errors.truncated(`${stored.length} of ${length} bytes of a strip or tile`);
  // A copy with a start of its own: file offsets need not be aligned, and the file's bytes stay as they are.
  const bytes = new Uint8Array(stored);
  if (layout.predictor === 3) {
    undoFloatDifferences(bytes, layout, errors);
    return bytes;
  }
  if (!layout.littleEndian) swapBytes(bytes, layout.bits / 8);
  if (layout.predictor === 2) undoDifferences(bytes, layout, errors);
  return bytes;
}

/** @file The compressed blocks of an OpenEXR file. */
import { inflateSync } from "node:zlib";
import type { FileErrors } from "./damage.js";
import type { ExrChannel } from "./exr-header.js";
import { decodePiz } from "./exr-piz.js";

/** A block of rows: each row holds all values of its first channel, then of the next. */
export interface ExrBlock {
  readonly channels: readonly ExrChannel[];
  readonly width: number;
  readonly rows: number;
}

const [NONE, RLE, ZIPS, ZIP, PIZ, PXR24] = [0, 1, 2, 3, 4, 5];

export const blockBytes = ({ channels, width, rows }: ExrBlock): number =>
  rows * width * channels.reduce((sum, { bytes }) => sum + bytes, 0);

/** A block's bytes, little-endian. Throws UserError where it is damaged or cut short. */
export function decodeBlock(
  source: Uint8Array,
  block: ExrBlock,
  compression: number,
  errors: FileErrors,
): Uint8Array {
  const length = blockBytes(block);
  // A block that compression would not make smaller is stored as it is.
  if (compression === NONE || source.length === length) {
    if (source.length < length) throw errors.truncated();
    return source;
  }
  if (compression === PIZ) return byRows(decodePiz(source, pizChannels(block), errors), block);
  if (compression === PXR24) return undoPlanes(inflated(source, planeBytes(block), errors), block);
  if (![RLE, ZIPS, ZIP].includes(compression)) throw errors.damaged(`compression ${compression}`);
  return undoPredictor(
    compression === RLE ? undoRuns(source, length, errors) : inflated(source, length, errors),
  );
}

function inflated(source: Uint8Array, length: number, errors: FileErrors): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateSync(source, { maxOutputLength: length });
  } catch {
    throw errors.damaged("a block cannot be inflated");
  }
  if (bytes.length < length) throw errors.truncated();
  return bytes;
}

function undoRuns(source: Uint8Array, length: number, errors: FileErrors): Uint8Array {
  if (length > 128 * source.length) throw errors.truncated();
  const out = new Uint8Array(length);
  let [at, written] = [0, 0];
  while (written < length) {
    if (at >= source.length) throw errors.truncated();
    const head = (source[at++] << 24) >> 24;
    const count = head < 0 ? -head : head + 1;
    if (written + count > length) throw errors.damaged("a run does not fit its block");
    if (head < 0) {
      out.set(source.subarray(at, at + count), written);
      at += count;
    } else out.fill(source[at++], written, written + count);
    written += count;
  }
  return out;
}

/** Bytes are differences from the one before, plus 128; the even ones stand first, then the odd ones. */
function undoPredictor(bytes: Uint8Array): Uint8Array {
  for (let i = 1; i < bytes.length; i++) bytes[i] += bytes[i - 1] - 128;
  const half = (bytes.length + 1) >> 1;
  return Uint8Array.from(bytes, (_, i) => bytes[(i >> 1) + (i & 1) * half]);
}

const pizChannels = ({ channels, width, rows }: ExrBlock) =>
  channels.map(({ bytes }) => ({ width, rows, words: bytes / 2 }));

/** Words of one channel after the other -> bytes of one row after the other. */
function byRows(words: Uint16Array, block: ExrBlock): Uint8Array {
  const { channels, width, rows } = block;
  const source = new Uint8Array(words.buffer);
  const out = new Uint8Array(source.length);
  const rowLength = out.length / rows;
  let [start, offset] = [0, 0];
  for (const { bytes } of channels) {
    const part = width * bytes;
    for (let y = 0; y < rows; y++) {
      out.set(source.subarray(start + y * part, start + (y + 1) * part), y * rowLength + offset);
    }
    start += rows * part;
    offset += part;
  }
  return out;
}

/** PXR24 stores floats in 24 bits. */
const planesOf = ({ type }: ExrChannel): number => [4, 2, 3][type];
const planeBytes = ({ channels, width, rows }: ExrBlock): number =>
  rows * width * channels.reduce((sum, channel) => sum + planesOf(channel), 0);

/** Byte planes, highest first, of differences from the left neighbour. */
function undoPlanes(source: Uint8Array, block: ExrBlock): Uint8Array {
  const { channels, width, rows } = block;
  const out = new Uint8Array(blockBytes(block));
  const view = new DataView(out.buffer);
  let [from, to] = [0, 0];
  for (let y = 0; y < rows; y++) {
    for (const channel of channels) {
      const planes = planesOf(channel);
      let value = 0;
      for (let x = 0; x < width; x++) {
        let difference = 0;
        for (let plane = 0; plane < planes; plane++)
          difference = (difference << 8) | source[from + plane * width + x];
        value += planes === 3 ? difference << 8 : difference;
        if (channel.bytes === 2) view.setUint16(to, value, true);
        else view.setUint32(to, value, true);
        to += channel.bytes;
      }
      from += planes * width;
    }
  }
  return out;
}

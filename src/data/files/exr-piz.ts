/**
 * @file PIZ, OpenEXR's wavelet compression (ImfPizCompressor, ImfHuf and ImfWav of the reference
 * implementation): 16-bit words, numbered without gaps, wavelet-transformed a channel at a time,
 * Huffman-coded with runs.
 */
import type { FileErrors } from "./damage.js";

/** One channel of a block: its words lie side by side, row by row. */
export interface PizChannel {
  readonly width: number;
  readonly rows: number;
  /** 16-bit words of a pixel. */
  readonly words: number;
}

const MAX_CODE_BITS = 58;
const [SHORT_ZERO_RUN, LONG_ZERO_RUN] = [59, 63];
/**
 * Codes are put together as numbers, which are exact up to here; no real block needs more than half as many.
 */
const EXACT_BITS = 52;

/** Bits of bytes, highest first. */
class Bits {
  #at: number;
  #held = 0;
  #byte = 0;

  constructor(
    readonly bytes: Uint8Array,
    start: number,
  ) {
    this.#at = start;
  }

  bit(): number {
    if (this.#held === 0) {
      if (this.#at >= this.bytes.length) throw new RangeError("no more bits");
      this.#byte = this.bytes[this.#at++];
      this.#held = 8;
    }
    return (this.#byte >> --this.#held) & 1;
  }

  number(bits: number): number {
    let value = 0;
    for (let i = 0; i < bits; i++) value = (value << 1) | this.bit();
    return value;
  }

  /** The next whole byte. */
  get position(): number {
    return this.#at;
  }
}

/**
 * Canonical codes: of each length the first one, and the symbols in order. Longer codes are smaller numbers.
 */
interface Codes {
  readonly first: Float64Array;
  readonly symbols: readonly number[][];
}

function readCodes(bits: Bits, from: number, to: number, errors: FileErrors): Codes {
  const symbols: number[][] = Array.from({ length: MAX_CODE_BITS + 1 }, () => []);
  for (let symbol = from; symbol <= to; symbol++) {
    const length = bits.number(6);
    if (length === LONG_ZERO_RUN) symbol += bits.number(8) + 5;
    else if (length >= SHORT_ZERO_RUN) symbol += length - SHORT_ZERO_RUN + 1;
    else if (length > 0) symbols[length].push(symbol);
  }
  if (symbols.slice(EXACT_BITS + 1).some((list) => list.length > 0))
    throw errors.damaged("a Huffman code is too long");
  const first = new Float64Array(MAX_CODE_BITS + 1);
  for (let length = MAX_CODE_BITS, code = 0; length > 0; length--) {
    first[length] = code;
    code = Math.floor((code + symbols[length].length) / 2);
  }
  return { first, symbols };
}

function nextSymbol(bits: Bits, { first, symbols }: Codes, errors: FileErrors): number {
  for (let length = 1, code = 0; length <= EXACT_BITS; length++) {
    code = 2 * code + bits.bit();
    const index = code - first[length];
    if (index >= 0 && index < symbols[length].length) return symbols[length][index];
  }
  throw errors.damaged("a Huffman code stands for nothing");
}

/** Huffman-coded words; the highest symbol says that the word before is repeated. */
function decodeWords(source: Uint8Array, count: number, errors: FileErrors): Uint16Array {
  const out = new Uint16Array(count);
  if (source.length === 0) return out;
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const [from, to] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (from > to || to > 65536) throw errors.damaged("a Huffman table is out of range");
  const table = new Bits(source, 20);
  const codes = readCodes(table, from, to, errors);
  const bits = new Bits(source, table.position);
  for (let written = 0; written < count; ) {
    const symbol = nextSymbol(bits, codes, errors);
    if (symbol !== to) out[written++] = symbol;
    else {
      const run = bits.number(8);
      if (written === 0 || written + run > count) throw errors.damaged("a run does not fit its block");
      out.fill(out[written - 1], written, written + run);
      written += run;
    }
  }
  return out;
}

type Pair = (low: number, high: number) => void;
/** Results of `pair14` and `pair16`, which would otherwise allocate for every pixel. */
let [first, second] = [0, 0];

/** Sum and difference of words below 2^14. */
const pair14: Pair = (low, high) => {
  const difference = (high << 16) >> 16;
  const sum = ((low << 16) >> 16) + (difference & 1) + (difference >> 1);
  [first, second] = [sum & 0xffff, (sum - difference) & 0xffff];
};

/** The same for any words, modulo 2^16. */
const pair16: Pair = (low, high) => {
  second = (low - (high >> 1)) & 0xffff;
  first = (high + second - 0x8000) & 0xffff;
};

/** Undoes the two-dimensional Haar-like transform of one word of a channel. `step` is from pixel to pixel. */
function undoWavelet(
  data: Uint16Array,
  start: number,
  width: number,
  step: number,
  rows: number,
  pair: Pair,
): void {
  const rowStep = width * step;
  const undo = (a: number, b: number) => {
    pair(data[a], data[b]);
    [data[a], data[b]] = [first, second];
  };
  let level = 1;
  while (level * 2 <= Math.min(width, rows)) level *= 2;
  for (let half = level >> 1; half >= 1; level = half, half >>= 1) {
    let y = 0;
    for (; y <= rows - level; y += level) {
      let x = 0;
      for (; x <= width - level; x += level) {
        const at = start + y * rowStep + x * step;
        const [right, below] = [half * step, half * rowStep];
        undo(at, at + below);
        undo(at + right, at + right + below);
        undo(at, at + right);
        undo(at + below, at + below + right);
      }
      if ((width & half) !== 0) {
        const at = start + y * rowStep + x * step;
        undo(at, at + half * rowStep);
      }
    }
    if ((rows & half) === 0) continue;
    for (let x = 0; x <= width - level; x += level) {
      const at = start + y * rowStep + x * step;
      undo(at, at + half * step);
    }
  }
}

/** The words of a block, channel after channel. Throws UserError or RangeError where the block is damaged. */
export function decodePiz(
  source: Uint8Array,
  channels: readonly PizChannel[],
  errors: FileErrors,
): Uint16Array {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
  const [low, high] = [view.getUint16(0, true), view.getUint16(2, true)];
  if (high >= 8192) throw errors.damaged("a table of values is out of range");
  const bitmap = new Uint8Array(8192);
  let at = 4;
  if (low <= high) {
    for (let i = low; i <= high; i++) bitmap[i] = view.getUint8(at++);
  }
  const table = new Uint16Array(65536);
  let used = 0;
  for (let value = 0; value < 65536; value++) {
    if (value === 0 || (bitmap[value >> 3] & (1 << (value & 7))) !== 0) table[used++] = value;
  }
  const length = view.getUint32(at, true);
  const coded = source.subarray(at + 4, at + 4 + length);
  if (coded.length < length) throw errors.truncated();
  const total = channels.reduce((sum, { width, rows, words }) => sum + width * rows * words, 0);
  const data = decodeWords(coded, total, errors);
  const pair = used - 1 < 1 << 14 ? pair14 : pair16;
  let start = 0;
  for (const { width, rows, words } of channels) {
    for (let word = 0; word < words; word++) undoWavelet(data, start + word, width, words, rows, pair);
    start += width * rows * words;
  }
  return data.map((index) => table[index]);
}

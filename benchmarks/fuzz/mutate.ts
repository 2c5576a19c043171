/** @file Damaged files, made of sound ones; the same seed damages them alike. */
import { crc32 } from "node:zlib";
import type { Random } from "../../src/common/random.js";

/** Bytes at the start where headers lie. */
const HEADER = 128;

type Mutation = (whole: Uint8Array, random: Random) => Uint8Array;

function edited(
  whole: Uint8Array,
  random: Random,
  end: number,
  change: (byte: number) => number,
): Uint8Array {
  const bytes = Uint8Array.from(whole);
  for (let i = 1 + random.integer(8); i > 0 && bytes.length > 0; i--) {
    const at = random.integer(Math.max(1, Math.min(end, bytes.length)));
    bytes[at] = change(bytes[at]);
  }
  return bytes;
}

/** Values that lengths and counts go wrong at. */
const EXTREMES = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  truncation: (whole, random) => whole.subarray(0, random.integer(whole.length)),
  "bit flips": (whole, random) =>
    edited(whole, random, whole.length, (byte) => byte ^ (1 << random.integer(8))),
  "header bytes": (whole, random) => edited(whole, random, HEADER, () => random.integer(256)),
  extremes: (whole, random) =>
    edited(whole, random, random.pick([HEADER, whole.length]), () => random.pick(EXTREMES)),
  "random header": (whole, random) => {
    const bytes = Uint8Array.from(whole);
    const kept = random.integer(12);
    for (let i = kept; i < Math.min(HEADER, bytes.length); i++) bytes[i] = random.integer(256);
    return bytes;
  },
  "four equal bytes": (whole, random) => {
    const bytes = Uint8Array.from(whole);
    const at = random.integer(bytes.length);
    bytes.fill(random.pick(EXTREMES), at, at + 4);
    return bytes;
  },
  "a part twice": (whole, random) => {
    const start = random.integer(whole.length);
    const part = whole.subarray(start, start + 1 + random.integer(64));
    return Uint8Array.of(...whole.subarray(0, start), ...part, ...whole.subarray(start));
  },
  noise: (_, random) => Uint8Array.from({ length: random.integer(512) }, () => random.integer(256)),
};

/** A PNG whose checksums are right again, so that the damage lies behind them. */
export function withPngChecksums(bytes: Uint8Array): Uint8Array {
  const out = Uint8Array.from(bytes);
  const view = new DataView(out.buffer);
  for (let at = 8; at + 12 <= out.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > out.length) break;
    view.setUint32(end, crc32(out.subarray(at + 4, end)));
    at = end + 4;
  }
  return out;
}

/** @file TIFF 6.0 and BigTIFF: the file's directories, and the tags of one picture. */
import type { FileErrors } from "./damage.js";

/** Bytes of a value by its type; types that are not here (rationals, texts) are skipped. */
const TYPE_BYTES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8 };
/** More pages, or tags of a page, than a picture has. */
const [MAX_PAGES, MAX_TAGS] = [4096, 4096];

/** True when the bytes begin as a TIFF does. */
export function isTiff(bytes: Uint8Array): boolean {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  return ["II*\0", "II+\0", "MM\0*", "MM\0+"].includes(start);
}

/** Whole numbers of each tag of a page. */
export type Tags = ReadonlyMap<number, readonly number[]>;

export interface TiffPages {
  readonly littleEndian: boolean;
  /** In the file's order. */
  readonly pages: readonly Tags[];
}

class Reader {
  readonly #view: DataView;
  readonly littleEndian: boolean;
  readonly big: boolean;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.littleEndian = bytes[0] === 0x49;
    this.big = this.number(2, 2) === 43;
  }

  number(at: number, size: number): number {
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, this.littleEndian);
    if (size === 4) return this.#view.getUint32(at, this.littleEndian);
    // Offsets beyond 2^53 lie beyond every file: they end as a RangeError.
    return Number(this.#view.getBigUint64(at, this.littleEndian));
  }

  numbers(at: number, size: number, count: number): number[] {
    // Throws before a length that the file cannot hold is allocated.
    if (count > 0) this.number(at + (count - 1) * size, size);
    return Array.from({ length: count }, (_, i) => this.number(at + i * size, size));
  }
}

/** Reads all directories. Throws RangeError where one lies beyond the file. */
export function readPages(bytes: Uint8Array, errors: FileErrors): TiffPages {
  const reader = new Reader(bytes);
  const { big, littleEndian } = reader;
  const [width, countBytes, entryBytes] = big ? [8, 8, 20] : [4, 2, 12];
  const pages: Tags[] = [];
  const seen = new Set<number>();
  let at = reader.number(big ? 8 : 4, width);
  while (at !== 0) {
    if (seen.has(at) || pages.length === MAX_PAGES)
      throw errors.damaged("its pages follow one another in a circle");
    seen.add(at);
    const count = reader.number(at, countBytes);
    if (count > MAX_TAGS) throw errors.damaged(`a page of ${count} tags`);
    const tags = new Map<number, readonly number[]>();
    for (let i = 0; i < count; i++) {
      const entry = at + countBytes + i * entryBytes;
      const size = TYPE_BYTES[reader.number(entry + 2, 2)];
      if (size === undefined) continue;
      const length = reader.number(entry + 4, width);
      const inline = length * size <= width;
      const place = inline ? entry + 4 + width : reader.number(entry + 4 + width, width);
      tags.set(reader.number(entry, 2), reader.numbers(place, size, length));
    }
    pages.push(tags);
    at = reader.number(at + countBytes + count * entryBytes, width);
  }
  return { littleEndian, pages };
}

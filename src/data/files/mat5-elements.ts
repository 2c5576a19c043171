/** @file The data elements that MAT-files of version 5 are made of: a tag with type and length, and bytes. */
import { UserError } from "../../common/errors.js";

/** The most common type of large arrays. */
const MI_UINT8 = 2;
export const MI_MATRIX = 14;
export const MI_COMPRESSED = 15;
export const MI_UTF8 = 16;

/** Bytes of an element and how it is read, by data type. */
type Getter = (view: DataView, at: number, little: boolean) => number;
const NUMBERS: Readonly<Record<number, readonly [bytes: number, get: Getter]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
  16: [1, (view, at) => view.getUint8(at)],
  17: [2, (view, at, little) => view.getUint16(at, little)],
  18: [4, (view, at, little) => view.getUint32(at, little)],
};

/** One data element without its tag and padding. */
export interface Element {
  readonly type: number;
  readonly bytes: Uint8Array;
}

/** Bytes with a place to read at. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;
  readonly #where: string;
  #at = 0;

  constructor(bytes: Uint8Array, little: boolean, where: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = little;
    this.#where = where;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  refuse(what: string, more: { expected?: string; got?: string } = {}): UserError {
    return refuse(this.#where, what, more);
  }

  /** The same settings over other bytes. */
  over(bytes: Uint8Array): Reader {
    return new Reader(bytes, this.#little, this.#where);
  }

  /** The next data element: a tag, its bytes, and padding to eight bytes (none after compressed ones). */
  next(): Element {
    if (this.#at + 8 > this.#bytes.length) throw this.refuse("the MAT-file ends too early");
    const word = this.#view.getUint32(this.#at, this.#little);
    const small = word >>> 16;
    const type = small === 0 ? word : word & 0xffff;
    const length = small === 0 ? this.#view.getUint32(this.#at + 4, this.#little) : small;
    const start = this.#at + (small === 0 ? 8 : 4);
    if (start + length > this.#bytes.length || (small !== 0 && small > 4)) {
      throw this.refuse("the MAT-file ends too early", {
        expected: `${start + length} bytes`,
        got: `${this.#bytes.length}`,
      });
    }
    const end = start + length;
    if (small !== 0) this.#at += 8;
    else this.#at = type === MI_COMPRESSED ? end : start + 8 * Math.ceil(length / 8);
    return { type, bytes: this.#bytes.subarray(start, end) };
  }

  /** The numbers of an element. */
  numbers({ type, bytes }: Element): Float64Array {
    const number = Object.hasOwn(NUMBERS, type) ? NUMBERS[type] : undefined;
    if (number === undefined)
      throw this.refuse("the MAT-file has an element of an unknown type", { got: String(type) });
    if (type === MI_UINT8) return new Float64Array(bytes);
    const [size, get] = number;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = new Float64Array(Math.floor(bytes.length / size));
    for (let i = 0; i < values.length; i++) values[i] = get(view, i * size, this.#little);
    return values;
  }
}

/** The UserError of a file that cannot be read. */
export function refuse(
  where: string,
  what: string,
  more: { expected?: string; got?: string; fix?: string } = {},
): UserError {
  return new UserError({ code: "data.bad-mat", what, where, ...more });
}

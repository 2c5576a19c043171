/** @file From the bytes of files to arrays of numbers: every width of integers and floats. */
import { UserError } from "../../common/errors.js";
import { float16ToFloat32 } from "../../common/half.js";
import type { RasterData } from "../../tasks/contract/maps.js";

/** Unsigned and signed integers, floats. */
export type NumberKind = "u" | "i" | "f";

const PLAIN = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
} as const;

/** Reverses the bytes of every element, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  if (size > 1) for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
}

/** 64-bit integers as 32-bit ones. Throws UserError where a value does not fit: none is rounded. */
export function narrowed(values: BigInt64Array | BigUint64Array, where: string): Int32Array | Uint32Array {
  let [low, high] = [0n, 0n];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const signed = values instanceof BigInt64Array;
  if (signed && low >= -(2n ** 31n) && high < 2n ** 31n) return Int32Array.from(values, Number);
  if (low >= 0n && high < 2n ** 32n) return Uint32Array.from(values, Number);
  throw new UserError({
    code: "data.wide-integers",
    what: "64-bit integers that need more than 32 bits are not read",
    where,
    expected: "values from -2147483648 to 2147483647, or from 0 to 4294967295",
    got: String(high >= 2n ** 31n ? high : low),
    fix: "Save the values as floats.",
  });
}

/**
 * Little-endian elements as an array of their own: integers of 8 to 32 bits as they are, 64-bit ones as
 * 32-bit ones, floats of every width as float32. `size` is in bytes: 1, 2, 4 or 8, for floats not 1.
 */
export function toNumbers(bytes: Uint8Array, kind: NumberKind, size: number, where: string): RasterData {
  const { buffer } = new Uint8Array(bytes);
  if (size === 8) {
    if (kind === "f") return Float32Array.from(new Float64Array(buffer));
    return narrowed(kind === "u" ? new BigUint64Array(buffer) : new BigInt64Array(buffer), where);
  }
  if (kind === "f" && size === 2) return Float32Array.from(new Uint16Array(buffer), float16ToFloat32);
  const Type = PLAIN[`${kind}${size}` as keyof typeof PLAIN];
  return new Type(buffer);
}

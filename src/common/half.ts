/** @file Floats of 16 bits: IEEE 754 half floats, and bfloat16, the upper half of a float32. */

/** The value of a half float from its 16 bits. */
export function float16ToFloat32(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new Uint32Array(1);
const value = new Float32Array(word.buffer);

/** The value of a bfloat16 from its 16 bits. */
export function bfloat16ToFloat32(bits: number): number {
  word[0] = bits << 16;
  return value[0];
}

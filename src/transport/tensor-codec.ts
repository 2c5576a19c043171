/** @file How the values of a float32 array travel: exactly, as half floats, as levels, as labels. */
import { float16ToFloat32, float32ToFloat16 } from "../common/half.js";

export const codecNames = ["f32", "f16", "u8", "labels"] as const;

/**
 * `f32`: exact. `f16`: half floats. `u8`: 256 levels between a plane's least and largest value. `labels`: the
 * index of the largest of up to 256 channels; comes back as ones and zeros.
 */
export type CodecName = (typeof codecNames)[number];

/** An array as it travels. */
export interface CodedTensor {
  /** Of the values: `u8` and `labels` have [N,C,H,W]. */
  readonly shape: readonly number[];
  readonly codec: CodecName;
  /** Of `u8`, by plane: value = zero + scale * byte. */
  readonly scale?: readonly number[];
  readonly zero?: readonly number[];
  readonly bytes: Uint8Array;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Values of a plane, and how many planes there are: the last two axes make one. */
function planesOf(shape: readonly number[]): { planes: number; values: number } {
  const values = sizeOf(shape.slice(-2));
  return { values, planes: values === 0 ? 0 : sizeOf(shape) / values };
}

/** Bytes that an array of a shape takes; -1 where the codec cannot carry such a shape. */
export function codedBytes({ shape, codec, scale, zero }: Omit<CodedTensor, "bytes">): number {
  const size = sizeOf(shape);
  if (!Number.isSafeInteger(size)) return -1;
  switch (codec) {
    case "f32":
      return size * 4;
    case "f16":
      return size * 2;
    case "u8": {
      const { planes } = planesOf(shape);
      return scale?.length === planes && zero?.length === planes ? size : -1;
    }
    case "labels":
      return shape.length === 4 && shape[1] > 0 && shape[1] <= 256 ? size / shape[1] : -1;
  }
}

/**
 * Codes an array. Throws RangeError where the codec cannot carry it: `labels` of more than 256 channels, `u8`
 * of values that are no finite numbers.
 */
export function encodeTensor(data: Float32Array, shape: readonly number[], codec: CodecName): CodedTensor {
  switch (codec) {
    case "f32":
      return { shape, codec, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
    case "f16":
      return { shape, codec, bytes: new Uint8Array(float32ToFloat16(data).buffer) };
    case "u8":
      return encodeLevels(data, shape);
    case "labels":
      return { shape, codec, bytes: largestChannels(data, shape) };
  }
}

function encodeLevels(data: Float32Array, shape: readonly number[]): CodedTensor {
  const { planes, values } = planesOf(shape);
  const bytes = new Uint8Array(data.length);
  const scale: number[] = [];
  const zero: number[] = [];
  for (let plane = 0; plane < planes; plane++) {
    const start = plane * values;
    let [least, largest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = start; i < start + values; i++) {
      if (!Number.isFinite(data[i])) throw new RangeError("u8 carries finite numbers only");
      least = Math.min(least, data[i]);
      largest = Math.max(largest, data[i]);
    }
    const step = (largest - least) / 255;
    for (let i = start; i < start + values; i++)
      bytes[i] = step === 0 ? 0 : Math.round((data[i] - least) / step);
    scale.push(step);
    zero.push(least);
  }
  return { shape, codec: "u8", scale, zero, bytes };
}

function largestChannels(data: Float32Array, shape: readonly number[]): Uint8Array {
  const [samples, channels, height, width] = shape;
  if (shape.length !== 4 || channels < 1 || channels > 256) {
    throw new RangeError(`labels carries [N,C,H,W] of up to 256 channels, not [${shape}]`);
  }
  const pixels = height * width;
  const bytes = new Uint8Array(samples * pixels);
  for (let sample = 0; sample < samples; sample++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const first = sample * channels * pixels + pixel;
      let best = 0;
      for (let channel = 1; channel < channels; channel++) {
        if (data[first + channel * pixels] > data[first + best * pixels]) best = channel;
      }
      bytes[sample * pixels + pixel] = best;
    }
  }
  return bytes;
}

let halves: Float32Array | undefined;

/** The values of a coded array, in memory of their own. */
export function decodeTensor({ shape, codec, scale, zero, bytes }: CodedTensor): Float32Array<ArrayBuffer> {
  switch (codec) {
    case "f32":
      return new Float32Array(new Uint8Array(bytes).buffer);
    case "f16": {
      halves ??= Float32Array.from({ length: 65536 }, (_, bits) => float16ToFloat32(bits));
      const table = halves;
      return Float32Array.from(new Uint16Array(new Uint8Array(bytes).buffer), (bits) => table[bits]);
    }
    case "u8": {
      const { values } = planesOf(shape);
      return Float32Array.from(bytes, (level, i) => {
        const plane = Math.floor(i / values);
        return zero![plane] + scale![plane] * level;
      });
    }
    case "labels": {
      const [, channels, height, width] = shape;
      const pixels = height * width;
      const data = new Float32Array(sizeOf(shape));
      bytes.forEach((label, i) => {
        if (label >= channels) return;
        const sample = Math.floor(i / pixels);
        data[(sample * channels + label) * pixels + (i % pixels)] = 1;
      });
      return data;
    }
  }
}

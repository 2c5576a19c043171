/**
 * @file Operations on an image's colours. Values are planar RGB in [0, 1]; the formulas are torchvision's.
 */
import type { Size } from "../../fields/size.js";

const GREY = [0.2989, 0.587, 0.114] as const;

/** Planar RGB [3, height, width] in [0, 1]. */
export interface Image extends Size {
  readonly data: Float32Array;
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** Every value changed. A plain loop: `map` with a function is several times slower on typed arrays. */
function change(data: Float32Array, next: (value: number, i: number) => number): Float32Array {
  const out = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = next(data[i], i);
  return out;
}

/** `factor` of the image, the rest of `other`: beyond 1 the image moves away from it. */
function blend(data: Float32Array, other: (i: number) => number, factor: number): Float32Array {
  return change(data, (value, i) => clamp(factor * value + (1 - factor) * other(i)));
}

function greyOf({ data, height, width }: Image): Float32Array {
  const count = height * width;
  const grey = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    grey[i] = GREY[0] * data[i] + GREY[1] * data[count + i] + GREY[2] * data[2 * count + i];
  }
  return grey;
}

/** Multiplies by `factor`. */
export function brightness(image: Image, factor: number): Float32Array {
  return blend(image.data, () => 0, factor);
}

/** Saturation: blends with the grey image. */
export function colour(image: Image, factor: number): Float32Array {
  const grey = greyOf(image);
  return blend(image.data, (i) => grey[i % grey.length], factor);
}

/** Grey in all three channels. */
export function grey(image: Image): Float32Array {
  return colour(image, 0);
}

/** Blends with the mean grey. */
export function contrast(image: Image, factor: number): Float32Array {
  const grey = greyOf(image);
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  return blend(image.data, () => mean, factor);
}

/** Blends with a 3x3 smoothed image (centre weight 5 of 13); border pixels stay. */
export function sharpness(image: Image, factor: number): Float32Array {
  const { data, height, width } = image;
  return blend(
    data,
    (i) => {
      const x = i % width;
      const y = Math.floor(i / width) % height;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) return data[i];
      let sum = 4 * data[i];
      for (let row = i - width; row <= i + width; row += width) {
        sum += data[row - 1] + data[row] + data[row + 1];
      }
      return sum / 13;
    },
    factor,
  );
}

/**
 * A value as a byte, cut off as `to_pil_image` does it: the published code hands these operations to Pillow.
 * The product is rounded to float32 first, so that what was read from 8 bits comes back.
 */
function toByte(value: number): number {
  return Math.trunc(Math.fround(255 * value));
}

/** Keeps the highest `bits` of 8. */
export function posterize(image: Image, bits: number): Float32Array {
  const mask = (0xff << (8 - bits)) & 0xff;
  return change(image.data, (value) => (toByte(value) & mask) / 255);
}

/** Inverts values at or above `threshold` (0 to 255). */
export function solarize(image: Image, threshold: number): Float32Array {
  return change(image.data, (value) => {
    const byte = toByte(value);
    return (byte >= threshold ? 255 - byte : byte) / 255;
  });
}

/** Stretches each channel to the whole range; a flat one stays. */
export function autoContrast({ data, height, width }: Image): Float32Array {
  const count = height * width;
  const out = Float32Array.from(data);
  for (let start = 0; start < out.length; start += count) {
    let [low, high] = [1, 0];
    for (let i = start; i < start + count; i++) {
      if (out[i] < low) low = out[i];
      if (out[i] > high) high = out[i];
    }
    if (high <= low) continue;
    for (let i = start; i < start + count; i++) out[i] = clamp((out[i] - low) / (high - low));
  }
  return out;
}

/** Evens out each channel's histogram of 8-bit values (Pillow's `ImageOps.equalize`). */
export function equalize({ data, height, width }: Image): Float32Array {
  const count = height * width;
  const out = new Float32Array(data.length);
  for (let start = 0; start < data.length; start += count) {
    const bytes = new Uint8Array(count);
    const histogram = new Array<number>(256).fill(0);
    for (let i = 0; i < count; i++) {
      bytes[i] = toByte(data[start + i]);
      histogram[bytes[i]]++;
    }
    const highest = histogram.findLast((pixels) => pixels > 0)!;
    const step = Math.floor((count - highest) / 255);
    let below = Math.floor(step / 2);
    const table = histogram.map((pixels, value) => {
      const mapped = step === 0 ? value : Math.min(255, Math.floor(below / step));
      below += pixels;
      return mapped;
    });
    for (let i = 0; i < count; i++) out[start + i] = table[bytes[i]] / 255;
  }
  return out;
}

/** Hue, in turns from 0 to 1, saturation and value of a colour. */
function hueSaturationValue(r: number, g: number, b: number): [number, number, number] {
  const most = Math.max(r, g, b);
  const range = most - Math.min(r, g, b);
  if (range === 0) return [0, 0, most];
  const sixth = most === r ? (g - b) / range : most === g ? 2 + (b - r) / range : 4 + (r - g) / range;
  return [(sixth / 6 + 1) % 1, range / most, most];
}

/** Turns every hue by `turn` of the colour circle, -0.5 to 0.5; saturation and value stay. */
export function hue({ data, height, width }: Image, turn: number): Float32Array {
  const count = height * width;
  const out = new Float32Array(data.length);
  for (let i = 0; i < count; i++) {
    const [h, s, v] = hueSaturationValue(data[i], data[count + i], data[2 * count + i]);
    const sixth = (((h + turn) % 1) + 1) * 6;
    // Red, green and blue fall off from their own places on the circle, a third of a turn apart.
    [5, 3, 1].forEach((place, channel) => {
      const k = (place + sixth) % 6;
      out[channel * count + i] = clamp(v - v * s * Math.max(0, Math.min(k, 4 - k, 1)));
    });
  }
  return out;
}

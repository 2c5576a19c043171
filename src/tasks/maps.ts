/** @file Checks and arithmetic on label, prediction and picture arrays that the dense tasks share. */
import { UserError } from "../common/errors.js";
import type { LabelMap, Picture, PredictionMap } from "./task.js";

/**
 * Throws UserError for a label file that labels nothing: almost always a wrong export, scale or `invalid`.
 */
export function requireValidPixel(label: LabelMap, where: string, fix: string): LabelMap {
  if (label.valid.includes(1)) return label;
  throw new UserError({
    code: "label.no-valid-pixel",
    what: "no pixel of the label file is valid",
    where,
    fix: `${fix} An image without this label has no such file at all.`,
  });
}

/** Throws where a prediction and a label are not of one size: a defect of the caller. */
export function requireSameSize(prediction: PredictionMap, label: LabelMap): void {
  if (prediction.width !== label.width || prediction.height !== label.height) {
    throw new RangeError(
      `prediction is ${prediction.height}x${prediction.width} but label is ${label.height}x${label.width}`,
    );
  }
}

/** Paints each pixel with what `colour` writes at its place; a pixel it leaves alone stays black. */
export function paint(
  size: { readonly width: number; readonly height: number },
  colour: (pixel: number, out: Uint8Array, at: number) => void,
): Picture {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let pixel = 0; pixel < size.width * size.height; pixel++) colour(pixel, data, pixel * 3);
  return { width: size.width, height: size.height, data };
}

/**
 * For each pixel the channel with the largest value, the first of several; of the least unsigned type that
 * holds all channels.
 */
export function highestChannel({
  channels,
  height,
  width,
  data,
}: PredictionMap): Uint8Array | Uint16Array | Uint32Array {
  const Indices = channels <= 2 ** 8 ? Uint8Array : channels <= 2 ** 16 ? Uint16Array : Uint32Array;
  const area = height * width;
  const highest = new Indices(area);
  const value = data.slice(0, area);
  for (let c = 1; c < channels; c++) {
    for (let pixel = 0; pixel < area; pixel++) {
      const other = data[c * area + pixel];
      if (!(other > value[pixel])) continue;
      value[pixel] = other;
      highest[pixel] = c;
    }
  }
  return highest;
}

/**
 * The entropy of the classes' probabilities (softmax of the scores) at each pixel, as a share of the largest
 * possible one: 0 for a class that is certain, 1 where all are alike; NaN for scores that are no numbers.
 */
export function classEntropy({ channels, height, width, data }: PredictionMap): Float32Array {
  const area = height * width;
  return Float32Array.from({ length: area }, (_, pixel) => {
    let highest = Number.NEGATIVE_INFINITY;
    for (let at = pixel; at < channels * area; at += area) highest = Math.max(highest, data[at]);
    let [total, weighted] = [0, 0];
    for (let at = pixel; at < channels * area; at += area) {
      const weight = Math.exp(data[at] - highest);
      total += weight;
      weighted += weight * (data[at] - highest);
    }
    // -Σ p ln p with p = weight / total.
    return (Math.log(total) - weighted / total) / Math.log(channels);
  });
}

/** 100·part/whole, NaN for an empty whole. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? Number.NaN : (100 * part) / whole;
}

/** @file Pictures of quantities that every task draws alike: errors and uncertainty. */
import { writeScaleColour } from "./colours.js";
import type { Legend, Rgb } from "./contract/drawing.js";
import type { LabelMap, Picture } from "./contract/maps.js";
import { paint } from "./maps.js";

/** Steps of a legend's scale. */
const STEPS = 11;

/** Values [H,W] from 0, dark, to `most`, bright; what is NaN stays black. */
export function scalePicture(
  size: { readonly width: number; readonly height: number },
  values: Float32Array,
  most: number,
): Picture {
  return paint(size, (pixel, out, at) => {
    if (!Number.isNaN(values[pixel])) writeScaleColour(values[pixel] / most, out, at);
  });
}

/** A scale's legend, from the colours that `write` has for 0 to 1. */
export function scaleLegend(
  ends: readonly [string, string],
  write: (value: number, out: Uint8Array, at: number) => void = writeScaleColour,
): Legend {
  const colours = Array.from({ length: STEPS }, (_, i): Rgb => {
    const out = new Uint8Array(3);
    write(i / (STEPS - 1), out, 0);
    return [out[0], out[1], out[2]];
  });
  return { kind: "scale", ends, colours };
}

/** The error at each valid pixel of a label, NaN at others. */
export function errorMap({ valid }: Pick<LabelMap, "valid">, error: (pixel: number) => number): Float32Array {
  return Float32Array.from(valid, (flag, pixel) => (flag === 1 ? error(pixel) : Number.NaN));
}

/** @file Gaussian blur (SimCLR, Chen et al. 2020). */
import { z } from "zod";
import type { Size } from "../../fields/size.js";
import type { Augmentation } from "./augmentation.js";

interface BlurOptions {
  readonly sigma: readonly [number, number];
  readonly probability: number;
}

/** exp(-d²/2σ²) for d from -3σ to 3σ, summing to 1. */
function gaussian(sigma: number): Float32Array {
  const radius = Math.ceil(3 * sigma);
  const weights = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** A position beyond the ends, reflected at them: -1 is 1, `length` is `length` - 2. */
function reflected(at: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const inside = ((at % period) + period) % period;
  return inside < length ? inside : period - inside;
}

/** Planar data blurred along one axis: `lines` of `length` positions `step` apart. */
function blurLines(
  data: Float32Array,
  weights: Float32Array,
  length: number,
  step: number,
  starts: (line: number) => number,
): Float32Array {
  const radius = (weights.length - 1) / 2;
  const from = Int32Array.from(
    { length: length + 2 * radius },
    (_, i) => reflected(i - radius, length) * step,
  );
  const out = new Float32Array(data.length);
  for (let line = 0; line < data.length / length; line++) {
    const start = starts(line);
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let k = 0; k < weights.length; k++) sum += weights[k] * data[start + from[at + k]];
      out[start + at * step] = sum;
    }
  }
  return out;
}

/** Planar data [3, height, width] blurred by a Gaussian of `sigma` pixels, reflected at the borders. */
export function blurred(data: Float32Array, { width, height }: Size, sigma: number): Float32Array {
  const weights = gaussian(sigma);
  const rows = blurLines(data, weights, width, 1, (line) => line * width);
  const column = (line: number) => Math.floor(line / width) * width * height + (line % width);
  return blurLines(rows, weights, height, width, column);
}

export const blur: Augmentation<BlurOptions> = {
  name: "blur",
  effect: "colour",
  options: z.strictObject({
    sigma: z
      .tuple([z.number().min(0.05).max(20), z.number().min(0.05).max(20)])
      .refine(([low, high]) => low <= high, { message: "the first must not be larger than the second" })
      .default([0.1, 2])
      .describe("smallest and largest deviation of the Gaussian, pixels"),
    probability: z.number().min(0).max(1).default(0.5).describe("of a blurred image"),
  }),
  draw(_size, { sigma: [low, high], probability }, rng) {
    if (rng.uniform() >= probability) return {};
    const sigma = rng.uniform(low, high);
    return { colouring: (data, size) => blurred(data, size, sigma) };
  },
};

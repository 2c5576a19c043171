/**
 * @file Brightness, contrast, saturation and hue, each by a random factor, in random order (torchvision's
 * ColorJitter).
 */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";
import { brightness, colour, contrast, hue, type Image } from "./colours.js";

interface JitterOptions {
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
  readonly probability: number;
}

const factor = (what: string) =>
  z.number().min(0).default(0.4).describe(`${what} times a factor from max(0, 1 - this) to 1 + this`);

export const jitter: Augmentation<JitterOptions> = {
  name: "jitter",
  effect: "colour",
  options: z.strictObject({
    brightness: factor("brightness"),
    contrast: factor("contrast"),
    saturation: factor("saturation"),
    hue: z.number().min(0).max(0.5).default(0.1).describe("turns of the colour circle, either way"),
    probability: z.number().min(0).max(1).default(1).describe("of a change at all"),
  }),
  draw(_size, { probability, ...most }, rng) {
    if (rng.uniform() >= probability) return {};
    const drawFactor = (strength: number) => rng.uniform(Math.max(0, 1 - strength), 1 + strength);
    const [b, c, s] = [most.brightness, most.contrast, most.saturation].map(drawFactor);
    const turn = rng.uniform(-most.hue, most.hue);
    const changes: [strength: number, (image: Image) => Float32Array][] = [
      [most.brightness, (image) => brightness(image, b)],
      [most.contrast, (image) => contrast(image, c)],
      [most.saturation, (image) => colour(image, s)],
      [most.hue, (image) => hue(image, turn)],
    ];
    const order = rng.shuffle(changes).filter(([strength]) => strength > 0);
    return {
      colouring: (data, size) => order.reduce((image, [, change]) => change({ ...size, data: image }), data),
    };
  },
};

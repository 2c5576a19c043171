/**
 * @file RandAugment (Cubuk et al. 2020) without geometry, as JTR uses it (section 4.1 of the paper, strength
 * from its released code): operations drawn uniformly with replacement, each at a strength of 0 to 5 out of
 * 31.
 */
import { z } from "zod";
import type { Random } from "../../common/random.js";
import type { Augmentation } from "./augmentation.js";
import {
  autoContrast,
  brightness,
  colour,
  contrast,
  equalize,
  type Image,
  posterize,
  sharpness,
  solarize,
} from "./colours.js";

/** Strengths are drawn from 0 to this bound, exclusive, on RandAugment's scale of 31. */
const STRENGTHS = 6;

type Operation = (image: Image) => Float32Array;

/** An operation with a factor of 1 plus or minus 0.03 a step of strength. */
function withFactor(change: (image: Image, factor: number) => Float32Array) {
  return (strength: number, rng: Random): Operation => {
    const factor = 1 + 0.03 * strength * (rng.integer(2) === 0 ? 1 : -1);
    return (image) => change(image, factor);
  };
}

/** The nine operations by name, each at a strength of 0 to 5. */
export const operations: Readonly<Record<string, (strength: number, rng: Random) => Operation>> = {
  identity: () => (image) => image.data,
  brightness: withFactor(brightness),
  colour: withFactor(colour),
  contrast: withFactor(contrast),
  sharpness: withFactor(sharpness),
  posterize: (strength) => (image) => posterize(image, 8 - Math.round(strength / 7.5)),
  solarize: (strength) => (image) => solarize(image, 255 - 8.5 * strength),
  autoContrast: () => autoContrast,
  equalize: () => equalize,
};

interface RandAugmentOptions {
  readonly operations: number;
}

export const randAugment: Augmentation<RandAugmentOptions> = {
  name: "rand-augment",
  effect: "colour",
  options: z.strictObject({
    operations: z.int().min(0).max(9).default(2).describe("random colour operations; 0 for none"),
  }),
  draw(_size, { operations: count }, rng) {
    if (count === 0) return {};
    const drawn = Array.from({ length: count }, () => {
      const operation = rng.pick(Object.values(operations));
      return operation(rng.integer(STRENGTHS), rng);
    });
    return {
      colouring: (data, size) =>
        drawn.reduce((image, operation) => operation({ ...size, data: image }), data),
    };
  },
};

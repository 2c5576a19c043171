/** @file Images without colour, now and then (torchvision's RandomGrayscale; SimCLR, Chen et al. 2020). */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";
import { grey as greyed } from "./colours.js";

interface GreyOptions {
  readonly probability: number;
}

export const grey: Augmentation<GreyOptions> = {
  name: "grey",
  effect: "colour",
  options: z.strictObject({
    probability: z.number().min(0).max(1).default(0.2).describe("of an image without colour"),
  }),
  draw(_size, { probability }, rng) {
    return rng.uniform() < probability ? { colouring: (data, size) => greyed({ ...size, data }) } : {};
  },
};

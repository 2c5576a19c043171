/** @file Left-right flips. */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";

interface FlipOptions {
  readonly probability: number;
}

export const flip: Augmentation<FlipOptions> = {
  name: "flip",
  effect: "flip",
  options: z.strictObject({
    probability: z.number().min(0).max(1).default(0.5).describe("of a left-right flip"),
  }),
  draw(_size, { probability }, rng) {
    const mirrored = probability > 0 && rng.uniform() < probability;
    return mirrored ? { moves: [{ kind: "mirror" }] } : {};
  },
};

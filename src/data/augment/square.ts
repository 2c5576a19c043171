/** @file The largest squares of images, so that they can be turned by quarters. */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";

/** A square of the shorter side's length, anywhere along the longer one. Images become square. */
export const square: Augmentation<Record<string, never>> = {
  name: "square",
  effect: "crop",
  options: z.strictObject({}),
  draw({ width, height }, _options, rng) {
    const side = Math.min(width, height);
    const [top, left] = [height, width].map((length) => rng.integer(length - side + 1));
    if (width === height) return {};
    return { moves: [{ kind: "cut", top, left, height: side, width: side, fill: "zero" }] };
  },
};

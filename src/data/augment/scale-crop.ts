/** @file Random crops enlarged to the image's own size (MTPSL, Li et al. 2022; JTR, Nishi et al. 2024). */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";

interface ScaleCropOptions {
  readonly scales: readonly number[];
}

/**
 * A window of int(H/s) x int(W/s) pixels anywhere in the image, s one of `scales`. Image and bilinear labels
 * are enlarged with aligned corners, other labels to the nearest of the same positions (the released code
 * shifts them by up to half a pixel), and mended by their task: depth is divided by s, normals get back their
 * unit length.
 */
export const scaleCrop: Augmentation<ScaleCropOptions> = {
  name: "scale-crop",
  effect: "crop",
  options: z.strictObject({
    scales: z
      .array(z.number().min(1))
      .min(1)
      .default([1, 1.2, 1.5])
      .describe("a crop is enlarged by one of these; 1: no crop"),
  }),
  draw({ width, height }, { scales }, rng) {
    const scale = rng.pick(scales);
    const rows = Math.max(1, Math.floor(height / scale));
    const columns = Math.max(1, Math.floor(width / scale));
    const top = rng.integer(height - rows + 1);
    const left = rng.integer(width - columns + 1);
    if (scale === 1) return {};
    return { moves: [{ kind: "window", top, left, rows, columns, enlargement: scale }] };
  },
};

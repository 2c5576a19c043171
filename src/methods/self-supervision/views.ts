/** @file What self-supervised methods do to the images they read. */
import { z } from "zod";
import type { PlannedAugmentation, ViewPlan } from "../streams.js";

/** The crop of each view; in pixels of the image as it is read. */
export interface CropOptions {
  /** [height, width]; two thirds of the image's if left out. */
  readonly crop?: readonly [number, number];
  /** By how much the second view's crop lies beside the first one's, on both axes. */
  readonly distance?: number;
}

const pixels = z.int().min(1);

export const cropOptions = {
  crop: z
    .tuple([pixels, pixels])
    .optional()
    .describe(
      "[height, width] of the views' crops, in pixels; two thirds of the image's if left out. The paper's: 384x384 of 512x512 (segmentation), 283x373 of 425x560 (depth), 320x320 of 481x481 (boundaries)",
    ),
  distance: z
    .int()
    .min(0)
    .optional()
    .describe(
      "pixels between the two crops, on both axes; a 53rd of the image's height if left out. The paper's: 32, 8 and 4",
    ),
} as const;

/**
 * MoCo v2's changes of colour (Chen et al. 2020) and a flip, each view's own, behind crops of constant size
 * and distance (Kanakis et al. 2023, supplementary D.2).
 */
export function contrastiveViews({ crop, distance }: CropOptions): readonly ViewPlan[] {
  const augmentations: readonly PlannedAugmentation[] = [
    { name: "offset-crop", size: crop, distance },
    { name: "jitter", brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1, probability: 0.8 },
    { name: "grey", probability: 0.2 },
    { name: "blur", sigma: [0.1, 2], probability: 0.5 },
    { name: "flip", probability: 0.5 },
  ];
  const view: ViewPlan = { from: "sample", photometric: false, augmentations };
  return [view, view];
}

/**
 * @file Random scales on either side of 1, cropped or padded to the image's own size (DeepLab, Chen et al.
 * 2018).
 */
import { z } from "zod";
import type { Augmentation } from "./augmentation.js";

interface ScaleCropPadOptions {
  readonly range: readonly [number, number];
  /** Scales are the range's first and, each so much larger than the last, others. Any if left out. */
  readonly step?: number;
  readonly fill: "zero" | "mean";
}

/** How many scales a range has, its ends included; a last one that rounding would lose counts. */
function stepsIn(length: number, step: number): number {
  return Math.floor(length / step + 1e-9) + 1;
}

/**
 * The image stretched by s, uniform in `range` or one of its steps, then the frame of the old size out of it:
 * anywhere in a larger one; where it is smaller, it stands anywhere in the frame. What the image does not
 * cover is `fill`, and invalid in labels.
 */
export const scaleCropPad: Augmentation<ScaleCropPadOptions> = {
  name: "scale-crop-pad",
  effect: "crop",
  options: z.strictObject({
    range: z
      .tuple([z.number().min(0.1).max(10), z.number().min(0.1).max(10)])
      .refine(([low, high]) => low <= high, { message: "the first must not be larger than the second" })
      .default([0.5, 2])
      .describe("smallest and largest scale"),
    step: z
      .number()
      .positive()
      .optional()
      .describe(
        "scales are the smallest, and each so much larger than the one before, up to the largest; any if left out",
      ),
    fill: z
      .enum(["zero", "mean"])
      .default("mean")
      .describe("what stands where a smaller image leaves room: black, or its mean colour"),
  }),
  draw({ width, height }, { range: [low, high], step, fill }, rng) {
    const scale =
      step === undefined ? rng.uniform(low, high) : low + step * rng.integer(stepsIn(high - low, step));
    const rows = Math.max(1, Math.round(height * scale));
    const columns = Math.max(1, Math.round(width * scale));
    /** A whole number from 0 to the difference, which may be negative. */
    const offset = (difference: number) => Math.sign(difference) * rng.integer(Math.abs(difference) + 1);
    const top = offset(rows - height);
    const left = offset(columns - width);
    return {
      moves: [
        { kind: "stretch", height: rows, width: columns, enlargement: scale },
        { kind: "cut", top, left, height, width, fill },
      ],
    };
  },
};

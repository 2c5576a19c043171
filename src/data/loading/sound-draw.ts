/** @file Another sample in place of one whose image is bad. */
import { UserError } from "../../common/errors.js";
import type { SkippedFile } from "../types.js";
import type { Draw } from "./draws.js";
import type { Pool } from "./pools.js";
import type { DrawnSample } from "./stack.js";

/** A sample that was drawn, and what of it or in its place could not be used. */
export interface SoundDraw {
  readonly sample: DrawnSample;
  readonly skipped: readonly SkippedFile[];
}

/** Draws the sample of that number in its pool; puts labels that it had to do without into `skipped`. */
type DrawAt = (index: number, key: Draw["key"], skipped: SkippedFile[]) => Promise<DrawnSample>;

/**
 * The sample that `draw` names. Where its image is bad and such are skipped: the next one of the pool that
 * is sound, changed by the same random numbers, so that what a batch holds depends on the files alone.
 * @throws UserError of the image, where bad files are refused, or no image of the pool is sound.
 */
export async function drawSound(
  { samples, split }: Pick<Pool, "samples" | "split">,
  { index, key }: Draw,
  badFiles: "refuse" | "skip",
  drawAt: DrawAt,
): Promise<SoundDraw> {
  const skipped: SkippedFile[] = [];
  let first: UserError | undefined;
  for (let tried = 0; tried < samples.length; tried++) {
    const at = (index + tried) % samples.length;
    const labels: SkippedFile[] = [];
    try {
      const sample = await drawAt(at, key, labels);
      return { sample, skipped: [...skipped, ...labels] };
    } catch (error) {
      if (!(error instanceof UserError) || badFiles === "refuse") throw error;
      first ??= error;
      skipped.push({ split, id: samples[at][0], task: null, reason: error.message });
    }
  }
  throw first;
}

/** @file Opening an input; what cannot be read does not stop the rest. */
import { UserError } from "../../common/errors.js";
import { openImage } from "../../data/files/raster.js";
import type { RgbRows } from "../../data/files/rgb.js";
import type { PredictInput } from "./inputs.js";

/** An image that could not be read. */
export interface FailedImage {
  readonly image: string;
  readonly error: UserError;
}

/** Opens an image; one that cannot be read is put among the failed. */
export async function openInput(input: PredictInput, failed: FailedImage[]): Promise<RgbRows | undefined> {
  try {
    return await openImage(input.path);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    failed.push({ image: input.shownAs ?? input.path, error });
    return undefined;
  }
}

/** @file Predictions for what the command line names: files, folders, patterns and videos. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../common/errors.js";
import { type FailedImage, type Predicted, type PredictOptions, predictFiles } from "./files.js";
import { findInputs, type PredictInput } from "./inputs.js";
import type { LoadedModel } from "./model.js";
import { extractFrames } from "./video.js";

export interface PredictedArguments extends Predicted {
  /** Files in folders, or matched by patterns, that are no images. */
  readonly passedOver: readonly string[];
}

/** What the arguments stand for, in order; frames of videos go into folders that `temporary` gives. */
async function gather(
  args: readonly string[],
  out: string,
  temporary: () => Promise<string>,
  signal?: AbortSignal,
): Promise<{ images: PredictInput[]; failed: FailedImage[]; passedOver: string[] }> {
  const images: PredictInput[] = [];
  const failed: FailedImage[] = [];
  const passedOver: string[] = [];
  /** Runs a part that may fail for reasons of its own input. */
  const attempt = async (image: string, part: () => Promise<void>) => {
    try {
      await part();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failed.push({ image, error });
    }
  };
  for (const arg of args) {
    await attempt(arg, async () => {
      const found = await findInputs(arg, out);
      images.push(...found.images);
      passedOver.push(...found.passedOver);
      for (const video of found.videos) {
        await attempt(video.path, async () => {
          images.push(...(await extractFrames(video, await temporary(), signal)));
        });
      }
    });
  }
  return { images, failed, passedOver };
}

/**
 * `predictFiles` for files, folders (with their sub-folders), patterns such as `photos/*.jpg`, and videos,
 * whose frames lie in temporary folders meanwhile. What cannot be found or read is left out and reported.
 * @throws UserError as `predictFiles` does.
 */
export async function predictArguments(
  model: LoadedModel,
  args: readonly string[],
  out: string,
  options: PredictOptions = {},
): Promise<PredictedArguments> {
  const folders: string[] = [];
  const temporary = async () => {
    const folder = await mkdtemp(join(tmpdir(), "taskloom-frames-"));
    folders.push(folder);
    return folder;
  };
  try {
    const { images, failed, passedOver } = await gather(args, out, temporary, options.signal);
    const predicted = await predictFiles(model, images, out, options);
    return { ...predicted, failed: [...failed, ...predicted.failed], passedOver };
  } finally {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  }
}

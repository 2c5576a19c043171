/**
 * @file Pictures of predictions while a run trains: `samples/<nn>-<id>/` holds `image.png`,
 * `<task>.label.png` where there is a label, and `<task>.step-<step>.png` of each evaluation drawn.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { encodePng } from "../data/files/png.js";
import { encodeImage } from "../data/files/raster.js";
import { makeFolder, replaceFile } from "../disk/files.js";
import type { Recorder } from "../runs/metrics-log.js";
import type { Picture, Task } from "../tasks/task.js";
import { copiedMaps, type DrawnSample, drawnSize } from "./findings/drawn-size.js";

/** File name of a prediction after `step` steps. */
export function predictionFile(task: string, step: number): string {
  return `${task}.step-${String(step).padStart(8, "0")}.png`;
}

/** Name of a sample's folder: ids may hold slashes. */
export function sampleFolder(index: number, id: string): string {
  return `${String(index).padStart(2, "0")}-${id.replace(/[^\w.-]+/g, "_")}`;
}

/**
 * Writes the pictures of one evaluation and tells the recorder. Throws UserError where they cannot be
 * written.
 */
export async function writeSamples(
  folder: string,
  drawn: readonly DrawnSample[],
  tasks: readonly Task[],
  step: number,
  recorder: Recorder,
): Promise<void> {
  for (const [index, { sample, predictions }] of drawn.entries()) {
    const own = join(folder, sampleFolder(index, sample.id));
    await makeFolder(own);
    const { width, height } = sample;
    const image = join(own, "image.png");
    if (!existsSync(image)) await replaceFile(image, encodeImage({ width, height, data: sample.image }));
    for (const { name, kind, spec } of tasks) {
      const label = sample.labels[name];
      // Both over the label's range, so that equal colours mean equal values.
      const range = label === undefined ? undefined : kind.drawing.range(label, spec);
      const labelFile = join(own, `${name}.label.png`);
      if (label !== undefined && !existsSync(labelFile)) {
        await replaceFile(labelFile, encodePicture(kind.drawing.label(label, spec, range)));
      }
      const png = encodePicture(kind.drawing.prediction(predictions[name], spec, range));
      await replaceFile(join(own, predictionFile(name, step)), png);
      recorder.picture(step, `${name}/${sampleFolder(index, sample.id)}`, { png, width, height });
    }
  }
}

function encodePicture(picture: Picture): Uint8Array {
  return encodePng({ ...picture, channels: 3 });
}

/** Copies what `evaluateSplit` shows, at the size it is drawn at. */
export function keepDrawn(shown: DrawnSample, tasks: readonly Task[]): DrawnSample {
  const { sample, predictions } = drawnSize(shown, tasks);
  return { sample, predictions: copiedMaps(predictions) };
}

/**
 * @file An image as a task sees it: label, prediction, where it is wrong and where it is unsure, as PNG
 * files.
 */
import { encodePng } from "../../data/files/png.js";
import { encodeImage } from "../../data/files/raster.js";
import type { Sample } from "../../data/types.js";
import { scalePicture } from "../../tasks/scale-picture.js";
import type { Picture, PredictionMap, Task } from "../../tasks/task.js";
import { drawnSize } from "./drawn-size.js";

/** What can be drawn of an image for one task; in the order in which they are shown. */
export const PARTS = ["input", "prediction", "label", "errors", "uncertainty", "disagreement"] as const;

/** PNG files; what there is no picture of is left out. */
export type TaskPictures = { readonly [part in (typeof PARTS)[number]]?: Uint8Array };

const png = (picture: Picture): Uint8Array => encodePng({ ...picture, channels: 3 });

/** Draws a prediction beside its label, both over the label's range; large ones smaller. */
export function drawTask(whole: Sample, measured: PredictionMap, task: Task): TaskPictures {
  const { name, kind, spec } = task;
  const { sample, predictions } = drawnSize({ sample: whole, predictions: { [name]: measured } }, [task]);
  const prediction = predictions[name];
  const { width, height } = sample;
  const { drawing } = kind;
  const label = sample.labels[name];
  const range = label === undefined ? undefined : drawing.range(label, spec);
  const scaled = (values: Float32Array | undefined, most: number) =>
    values === undefined ? undefined : png(scalePicture({ width, height }, values, most));
  const errors = label && scaled(drawing.errors?.of(prediction, label, spec), drawing.errors?.most ?? 1);
  const uncertainty = scaled(drawing.uncertainty?.(prediction, spec), 1);
  return {
    input: encodeImage({ width, height, data: sample.image }),
    prediction: png(drawing.prediction(prediction, spec, range)),
    ...(label && { label: png(drawing.label(label, spec, range)) }),
    ...(errors && { errors }),
    ...(uncertainty && { uncertainty }),
  };
}

/** Draws how far the other tasks disagree with a prediction, [H,W] from 0 to 1. */
export function drawDisagreement(
  { width, height }: Pick<PredictionMap, "width" | "height">,
  values: Float32Array,
): Uint8Array {
  return png(scalePicture({ width, height }, values, 1));
}

/** @file The fourth part of a task: its pictures. */
import type { CameraView } from "../../geometry/boxes/camera-view.js";
import type { LabelMap, Picture, PredictionMap } from "./maps.js";
import type { TaskSpec } from "./spec.js";

export interface TaskDrawing<S extends TaskSpec = TaskSpec> {
  /**
   * The range of values (in the label's unit) that a picture of this map spreads its colours over, for
   * drawing a label and the predictions of one image alike; null where the colours do not depend on a range.
   */
  range(map: LabelMap | PredictionMap, spec: S): DrawingRange | null;
  /** Draws a prediction, by default over its own range. */
  prediction(prediction: PredictionMap, spec: S, range?: DrawingRange | null): Picture;
  /** Draws a label, by default over its own range. Ignored pixels are black. */
  label(label: LabelMap, spec: S, range?: DrawingRange | null): Picture;
  /**
   * What is predicted of things in space drawn over the picture of a camera beside the sensor; left out where
   * predictions are maps.
   */
  seen?(prediction: PredictionMap, spec: S, view: CameraView, photo: Picture): Picture;
  /** What the colours of its pictures mean; left out where they say nothing by themselves. */
  legend?(spec: S): Legend;
  /** How wrong a prediction is pixel by pixel; left out where pixels have no errors of their own. */
  readonly errors?: ErrorMaps<S>;
  /**
   * How unsure a prediction is of itself pixel by pixel, [H,W] from 0 to 1, e.g. the entropy of its classes;
   * left out where predictions do not say.
   */
  uncertainty?(prediction: PredictionMap, spec: S): Float32Array;
}

/** Lowest and highest value of a colour scale. */
export type DrawingRange = readonly [number, number];

/** Errors of single pixels, and how they are drawn: from dark, none, to bright, `most` or more. */
export interface ErrorMaps<S extends TaskSpec = TaskSpec> {
  /** The error drawn brightest. */
  readonly most: number;
  /** What the two ends of the scale stand for, in words: e.g. `none`, `half of the depth or more`. */
  readonly ends: readonly [string, string];
  /** [H,W]; NaN where the label is not valid. */
  of(prediction: PredictionMap, label: LabelMap, spec: S): Float32Array;
}

export type Rgb = readonly [number, number, number];

/** What colours mean: each something of its own, or places on a scale. */
export type Legend =
  | { readonly kind: "entries"; readonly entries: readonly { readonly name: string; readonly colour: Rgb }[] }
  | { readonly kind: "scale"; readonly ends: readonly [string, string]; readonly colours: readonly Rgb[] };

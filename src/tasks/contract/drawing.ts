/** @file The fourth part of a task: its pictures. */
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
}

/** Lowest and highest value of a colour scale. */
export type DrawingRange = readonly [number, number];

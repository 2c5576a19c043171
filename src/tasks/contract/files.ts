/** @file The first part of a task: how labels are stored, and how they move when their image is changed. */
import type { Field } from "../../fields/field.js";
import type { Resampling } from "../../fields/taps.js";
import type { LabelMap, PredictionMap, Raster } from "./maps.js";
import type { TaskSpec } from "./spec.js";

export interface TaskFiles<S extends TaskSpec = TaskSpec> {
  /** Channels L of a label. */
  labelChannels(spec: S): number;
  /** What labels are where they are no maps of their image: lists. */
  field?(spec: S): Field<LabelMap>;
  /** Names, in small letters, that the task's arrays and layers bear in files of several (.npz, EXR). */
  readonly layers?: readonly string[];
  /** File pixels -> label. `where` names the file. Throws UserError on values the spec does not allow. */
  decode(raster: Raster, spec: S, where: string): LabelMap;
  /**
   * Label -> file pixels, from which `decode` makes the label again, up to the file's precision, by the entry
   * `written(spec)`. Where the integers that the entry wants cannot hold the values, they come as floats.
   */
  encode(label: LabelMap, spec: S): Raster;
  /** What predictions come to, where they are scores; left out where their values are what counts. */
  readonly decision?: Decision<S>;
  /** What a prediction comes to as a list of plain things, e.g. boxes; left out where it is a map alone. */
  items?(prediction: PredictionMap, spec: S): readonly object[];
  /** What the predictions of frames that follow one another come to together; nothing if left out. */
  readonly course?: Course<S>;
  /** What in a whole set of label files is almost certainly a mistake; nothing if left out. */
  suspicions?(summary: LabelSummary, spec: S): readonly Suspicion[];
  /** The entry in dataset.yaml that belongs to encoded files; left out where it is `spec` itself. */
  written?(spec: S): S;

  /** How a label is sampled where its image is cropped or resized. */
  resampling(spec: S): Resampling;
  /**
   * Mends the values after the map was mirrored left-right (normals: x changes sign). Returns the label
   * itself where nothing changes.
   */
  mirrored(label: LabelMap): LabelMap;
  /**
   * Mends the values after the map was turned by quarters, counter-clockwise (normals turn along). Left out
   * where values do not depend on direction.
   */
  turned?(label: LabelMap, quarters: number): LabelMap;
  /**
   * Mends the values after the map was resampled and the image enlarged by `factor` about the camera's axis:
   * depth is divided by it, normals are brought back to unit length. Factor 1 stands for resampling alone, as
   * when a sample is resized together with its camera. Returns the label itself where nothing changes.
   */
  scaled(label: LabelMap, factor: number): LabelMap;
}

/**
 * Scores [C,H,W] decided on, e.g. the class with the highest one: written in their place, they take a
 * fraction of the room. Works on strips of rows: each pixel's decision depends on its own scores alone, and
 * so does its colour in `drawing.prediction`.
 */
export interface Decision<S extends TaskSpec = TaskSpec> {
  /** Stands in names of files before the extension: `index`. */
  readonly name: string;
  /** The decisions as file pixels. */
  of(prediction: PredictionMap, spec: S): Raster;
}

/** What predictions of consecutive frames come to, e.g. a trajectory, as a text file. */
export interface Course<S extends TaskSpec = TaskSpec> {
  /** The end of the file's name: `trajectory.txt`. */
  readonly ending: string;
  /** The file's text, of the predictions in order of time. */
  of(predictions: Iterable<PredictionMap>, spec: S): string;
}

/** What all label files of a task look like together. */
export interface LabelSummary {
  readonly files: number;
  /** Bits of the integers in files, each width once; 0 for floats. Of the files that were looked at so. */
  readonly storedBits: readonly number[];
  /** Share of valid pixels, 0 to 1. */
  readonly validShare: number;
  /** Of the valid values of each channel; empty without a valid pixel. */
  readonly values: readonly { readonly min: number; readonly max: number; readonly mean: number }[];
  /** Valid pixels of each class; empty for tasks without classes. */
  readonly classes: readonly number[];
}

/** A likely mistake. */
export interface Suspicion {
  /** Stable identifier such as `label.eight-bit-depth`. */
  readonly code: string;
  /** One sentence or two: what was seen, what it may mean, what to do. */
  readonly message: string;
}

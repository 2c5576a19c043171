/** @file Maps of one image: file pixels, labels, predictions, pictures. */
export type { LabelMap } from "../../fields/map.js";

/**
 * Integers are steps, to which a task's entry in dataset.yaml gives a meaning; floats are the values
 * themselves.
 */
export type RasterData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array;

/** Pixels as they stand in a file: interleaved rows (height, width, channels). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly data: RasterData;
  /** Colours as RGB triples where the one channel holds indices into them. */
  readonly palette?: Uint8Array;
  /**
   * The largest value that the file could hold, where that is less than `data` could: 1 for one bit a pixel.
   */
  readonly maximum?: number;
}

/** A prediction of one image, planar [channels, height, width], after the task's activation. */
export interface PredictionMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Interleaved 8-bit RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

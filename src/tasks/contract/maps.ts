/** @file Maps of one image: file pixels, labels, predictions, pictures. */

/** Pixels as they stand in a file: interleaved rows (height, width, channels). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** 8- or 16-bit integers from PNG, or floats from .npy. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

/** A dense label in memory, planar. */
export interface LabelMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** [channels, height, width]; what the values mean is the task's business (class index, metres, unit vector). */
  readonly data: Float32Array;
  /**
   * 1 where the label holds, 0 where it is to be ignored, [height, width]. Values under 0 are finite but
   * meaningless.
   */
  readonly valid: Uint8Array;
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

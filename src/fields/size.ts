/** @file The size of an image, and of every map that belongs to it. */

/** In pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

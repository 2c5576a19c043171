/** @file Moves: the geometric changes of an image that every field of its sample follows. Plain data. */
import type { Size } from "./size.js";

/** What a mirror shows: left and right change places. */
export interface Mirror {
  readonly kind: "mirror";
}

/** Quarter turns, counter-clockwise. */
export interface Turn {
  readonly kind: "turn";
  readonly quarters: 1 | 2 | 3;
}

/**
 * A part of the image enlarged to the whole image's size, the centres of its corner pixels on those of the
 * whole (torch's `align_corners=True`). Things look `enlargement` times as large.
 */
export interface Window {
  readonly kind: "window";
  readonly top: number;
  readonly left: number;
  readonly rows: number;
  readonly columns: number;
  readonly enlargement: number;
}

/**
 * The whole image at another size, its edges on the new edges. Things look `enlargement` times as large; 1
 * where only the number of pixels changes, as when images are resized on reading.
 */
export interface Stretch extends Size {
  readonly kind: "stretch";
  readonly enlargement: number;
}

/**
 * The frame of `height` x `width` pixels whose corner lies at (`left`, `top`), which may reach beyond the
 * image: there labels are invalid and the image is black, grey (114 of 255), has its mean colour or repeats
 * its edge.
 */
export interface Cut extends Size {
  readonly kind: "cut";
  readonly top: number;
  readonly left: number;
  readonly fill: "zero" | "grey" | "mean" | "edge";
}

export type Move = Mirror | Turn | Window | Stretch | Cut;

/** Size of an image after a move. */
export function sizeAfter({ width, height }: Size, move: Move): Size {
  if (move.kind === "stretch" || move.kind === "cut") return { width: move.width, height: move.height };
  const swapped = move.kind === "turn" && move.quarters !== 2;
  return swapped ? { width: height, height: width } : { width, height };
}

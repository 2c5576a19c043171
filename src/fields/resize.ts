/**
 * @file How images of any size become those of a network: plain geometry, for samples and for predictions.
 */
import type { Cut, Stretch } from "./move.js";
import type { Size } from "./size.js";

/**
 * `squash`: stretched to the size, whatever becomes of proportions. `letterbox`: scaled to lie in the middle
 * of it, proportions kept, grey around. `crop`: a random part at the image's own resolution.
 */
export const RESIZES = ["squash", "letterbox", "crop"] as const;

export type Resize = (typeof RESIZES)[number];

/** Where the whole of an image lies in a frame that it is scaled to fit: as large as fits, in its middle. */
export interface Letterbox extends Size {
  readonly top: number;
  readonly left: number;
}

/** Sides are rounded to whole pixels; the odd pixel of what is left lies below and to the right. */
export function letterboxOf({ height, width }: Size, frame: Size): Letterbox {
  const scale = Math.min(frame.height / height, frame.width / width);
  const side = (length: number, most: number) => Math.min(most, Math.max(1, Math.round(length * scale)));
  const inner = { height: side(height, frame.height), width: side(width, frame.width) };
  return {
    ...inner,
    top: Math.floor((frame.height - inner.height) / 2),
    left: Math.floor((frame.width - inner.width) / 2),
  };
}

/** The image scaled to its place in the frame: the first of the two moves of a letterbox. */
export function scaledToFit(size: Size, frame: Size): Stretch {
  const { height, width } = letterboxOf(size, frame);
  // The scene is the same, seen from the same place: nothing looks larger.
  return { kind: "stretch", height, width, enlargement: 1 };
}

/** The frame around an image that was scaled to fit into it: the second move. */
export function framed(inner: Size, frame: Size): Cut {
  const { top, left } = letterboxOf(inner, frame);
  return { kind: "cut", top: -top, left: -left, ...frame, fill: "grey" };
}

/**
 * A part of an image in its own resolution, at (`top`, `left`); where the image ends, its edge is repeated.
 */
export function cropAt(top: number, left: number, { height, width }: Size): Cut {
  return { kind: "cut", top, left, height, width, fill: "edge" };
}

/** The middle part. An image that is smaller in a side begins where the part does. */
export function middleCrop({ height, width }: Size, frame: Size): Cut {
  const start = (length: number, side: number) => Math.max(0, Math.floor((length - side) / 2));
  return cropAt(start(height, frame.height), start(width, frame.width), frame);
}

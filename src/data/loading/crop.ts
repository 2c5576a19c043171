/**
 * @file Which part of an image a batch has, where it takes random parts of images at their own resolution.
 */
import { Random } from "../../common/random.js";
import type { Cut } from "../../fields/move.js";
import { cropAt } from "../../fields/resize.js";
import type { Size } from "../../fields/size.js";
import type { AugmentKey } from "../augment/views.js";

/**
 * A part of `frame`'s size, every place of the image being as likely as another; an image that is smaller in
 * a side begins where the part does, and its edge is repeated. All views of the sample are of this part.
 */
export function randomCrop({ height, width }: Size, frame: Size, { seed, draw }: AugmentKey): Cut {
  const random = new Random(seed, "crop", ...draw);
  const start = (length: number, side: number) => random.integer(Math.max(0, length - side) + 1);
  return cropAt(start(height, frame.height), start(width, frame.width), frame);
}

/** @file Where a view lies in the picture that it was made from. */
import { type Move, sizeAfter } from "./move.js";
import type { Size } from "./size.js";

/**
 * Where a view lies in the view it is made from: its pixel (x, y) shows what (xStep·x + xStart, yStep·y +
 * yStart) shows there, in pixels, centres at whole numbers. A negative xStep is a mirror image. Things look
 * `enlargement` times as large.
 */
export interface Placement {
  readonly xStep: number;
  readonly xStart: number;
  readonly yStep: number;
  readonly yStart: number;
  readonly enlargement: number;
}

const WHOLE: Placement = { xStep: 1, xStart: 0, yStep: 1, yStart: 0, enlargement: 1 };

/**
 * Pixels of the source from one pixel of `length` to the next, where its ends fall on those of `size` source
 * pixels.
 */
function alignedStep(size: number, length: number): number {
  return length === 1 ? 1 : (size - 1) / (length - 1);
}

/** Where what one move shows lies in a picture of that size. */
function placementOfMove(move: Move, { width, height }: Size): Placement {
  switch (move.kind) {
    case "mirror":
      return { ...WHOLE, xStep: -1, xStart: width - 1 };
    case "window":
      return {
        xStep: alignedStep(move.columns, width),
        xStart: move.left,
        yStep: alignedStep(move.rows, height),
        yStart: move.top,
        enlargement: move.enlargement,
      };
    case "stretch": {
      const [x, y] = [width / move.width, height / move.height];
      return {
        xStep: x,
        xStart: 0.5 * x - 0.5,
        yStep: y,
        yStart: 0.5 * y - 0.5,
        enlargement: move.enlargement,
      };
    }
    case "cut":
      return { ...WHOLE, xStart: move.left, yStart: move.top };
    case "turn":
      throw new RangeError("a turned view has no placement: its rows are columns of the other");
  }
}

/** Where the result of moves, one after the other, lies in a picture of that size. RangeError on turns. */
export function placementOf(moves: readonly Move[], size: Size): Placement {
  let place = WHOLE;
  let at = size;
  for (const move of moves) {
    const next = placementOfMove(move, at);
    place = {
      xStep: place.xStep * next.xStep,
      xStart: place.xStep * next.xStart + place.xStart,
      yStep: place.yStep * next.yStep,
      yStart: place.yStep * next.yStart + place.yStart,
      enlargement: place.enlargement * next.enlargement,
    };
    at = sizeAfter(at, move);
  }
  return place;
}

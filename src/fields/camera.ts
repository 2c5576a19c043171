/** @file The camera: intrinsics of a sample's image. */
import { croppedCamera, mirroredCamera, type PinholeCamera, scaledCamera } from "../geometry/camera.js";
import type { Field } from "./field.js";
import type { Size } from "./size.js";

/**
 * Pixels of the result per source pixel when `length` positions are spread over `size` with their ends
 * aligned.
 */
function alignedFactor(size: number, length: number): number {
  return size === 1 ? length : (length - 1) / (size - 1);
}

/** One quarter counter-clockwise: the old y axis is the new x axis. */
function turnedCamera(
  { fx, fy, cx, cy }: PinholeCamera,
  { width, height }: Size,
  quarters: number,
): PinholeCamera {
  if (quarters === 0) return { fx, fy, cx, cy };
  const turned = { fx: fy, fy: fx, cx: cy, cy: width - 1 - cx };
  return turnedCamera(turned, { width: height, height: width }, quarters - 1);
}

/** Array `camera` [N,4], fx, fy, cx, cy in pixels of the view. */
export const cameraField: Field<PinholeCamera> = {
  kind: "camera",
  moved(camera, move, size) {
    switch (move.kind) {
      case "mirror":
        return mirroredCamera(camera, size.width);
      case "turn":
        return turnedCamera(camera, size, move.quarters);
      case "cut":
        return croppedCamera(camera, move.left, move.top);
      case "window":
        return croppedCamera(
          camera,
          move.left,
          move.top,
          alignedFactor(move.columns, size.width),
          alignedFactor(move.rows, size.height),
        );
      case "stretch":
        return scaledCamera(camera, move.width / size.width, move.height / size.height);
    }
  },
  arrays: (count) => ({ "": [count, 4] }),
  write: ({ fx, fy, cx, cy }, arrays, n) => arrays[""].set([fx, fy, cx, cy], n * 4),
};

/**
 * @file One frame seen from another: where its pixels move by depth and motion (Taskology eq. 4), what is
 * sampled there, and which of them are seen in both.
 */
import { add, clip, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, greater, greaterOrEqual, less, logicalAnd } from "../graph/ops/compare.js";
import { gridSample } from "../graph/ops/grid-sample.js";
import { concat, transpose } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { FrameMotion } from "./constraint.js";
import { everywhere, pointsOf, projected, rotated } from "./points.js";

/**
 * Ones [N,1,H,W] where a point lies within the other image and nearer than `seen` [N,1,H,W], the depth that
 * the other frame has there: farther points are hidden.
 */
export function inSight({ inside, z }: Warp, seen: Tensor): Tensor {
  return mul(inside, cast(less(z, seen), "float32"));
}

/** Where the pixels of a frame are seen in another. */
export interface Warp {
  /** Pixel coordinates in the other frame, [N,1,H,W]. */
  readonly x: Tensor;
  readonly y: Tensor;
  /** Depth as the other camera sees it, metres, [N,1,H,W]. */
  readonly z: Tensor;
  /** Ones [N,1,H,W] where the point lies before the other camera and within its image. */
  readonly inside: Tensor;
  /** Samples maps [N,C,H,W] of the other frame there, bilinearly; beyond the border the border's value. */
  sample(map: Tensor): Tensor;
}

/**
 * z' p' = K' (R K⁻¹ z p + m t + T) (eq. 4), with `movable` m [N,1,H,W] (1 everywhere if left out) and
 * `camera` K of this frame, `other` K' of the other one.
 */
export function warpTo(
  depth: Tensor,
  camera: Tensor,
  other: Tensor,
  { rotation, translation, residual }: FrameMotion,
  movable?: Tensor,
): Warp {
  const [, , height, width] = depth.shape;
  const turned = rotated(rotation, pointsOf(depth, camera));
  const own = residual === null ? null : movable === undefined ? residual : mul(residual, movable);
  const shift = everywhere(translation, [height, width]);
  const points = add(turned, own === null ? shift : add(shift, own));
  const { x, y, z } = projected(points, other);
  // The last row and column have no neighbour to sample between.
  const within = (value: Tensor, length: number) =>
    logicalAnd(greaterOrEqual(value, 0), less(value, length - 1));
  const seen = logicalAnd(logicalAnd(within(x, width), within(y, height)), greater(z, 0));
  const toUnit = (pixels: Tensor, length: number) =>
    sub(mul(clip(pixels, 0, length - 1), 2 / Math.max(length - 1, 1)), 1);
  const grid = transpose(concat([toUnit(x, width), toUnit(y, height)], 1), [0, 2, 3, 1]);
  return {
    ...{ x, y, z },
    inside: cast(seen, "float32"),
    sample: (map) => gridSample(map, grid, { padding: "border", alignCorners: true }),
  };
}

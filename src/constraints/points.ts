/** @file From pixels and depth to points of the camera, as tensors. */
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { greater, where } from "../graph/ops/compare.js";
import { constant } from "../graph/ops/leaf.js";
import { matmul } from "../graph/ops/matmul.js";
import { concat, expand, reshape, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";

/** The pixel coordinates of an image: x [1,1,1,W] and y [1,1,H,1], pixel centres at whole numbers. */
export function pixelCoordinates([height, width]: readonly [number, number]): { x: Tensor; y: Tensor } {
  const count = (length: number) => Array.from({ length }, (_, i) => i);
  return {
    x: constant(count(width), [1, 1, 1, width]),
    y: constant(count(height), [1, 1, height, 1]),
  };
}

/** fx, fy, cx, cy of cameras [N,4], each [N,1,1,1]. */
export function intrinsics(camera: Tensor): { fx: Tensor; fy: Tensor; cx: Tensor; cy: Tensor } {
  const part = (i: number) =>
    reshape(slice(camera, { axes: [1], starts: [i], ends: [i + 1] }), [camera.shape[0], 1, 1, 1]);
  return { fx: part(0), fy: part(1), cx: part(2), cy: part(3) };
}

/**
 * Points [N,3,H,W] in camera coordinates (metres) of depth [N,1,H,W] along the optical axis: r = z K⁻¹ (j, i,
 * 1) (Taskology eq. 8).
 */
export function pointsOf(depth: Tensor, camera: Tensor): Tensor {
  const [, , height, width] = depth.shape;
  const { x, y } = pixelCoordinates([height, width]);
  const { fx, fy, cx, cy } = intrinsics(camera);
  const across = mul(div(sub(x, cx), fx), depth);
  const down = mul(div(sub(y, cy), fy), depth);
  return concat([across, down, depth], 1);
}

/**
 * Pixel coordinates x and y [N,1,H,W] at which points [N,3,H,W] are seen, and their depth z. Where z is not
 * positive nothing is seen: x and y are those of a point just before the camera.
 */
export function projected(points: Tensor, camera: Tensor): { x: Tensor; y: Tensor; z: Tensor } {
  const part = (i: number) => slice(points, { axes: [1], starts: [i], ends: [i + 1] });
  const { fx, fy, cx, cy } = intrinsics(camera);
  const z = part(2);
  const before = safeDepth(z);
  return {
    x: add(mul(div(part(0), before), fx), cx),
    y: add(mul(div(part(1), before), fy), cy),
    z,
  };
}

/** Rotated points: [N,3,3] times [N,3,H,W]. */
export function rotated(rotation: Tensor, points: Tensor): Tensor {
  const [n, , height, width] = points.shape;
  const flat = reshape(points, [n, 3, height * width]);
  return reshape(matmul(rotation, flat), [n, 3, height, width]);
}

/** A vector of each sample [N,3] at every pixel: [N,3,H,W]. */
export function everywhere(vector: Tensor, [height, width]: readonly [number, number]): Tensor {
  const n = vector.shape[0];
  return expand(reshape(vector, [n, 3, 1, 1]), [n, 3, height, width]);
}

/** Depths below which a point counts as just before the camera, metres. */
const NEAREST = 1e-3;

function safeDepth(z: Tensor): Tensor {
  return where(greater(z, NEAREST), z, NEAREST);
}

/**
 * @file Surface normals of a depth map, for RGB-D data without normals and for checks of depth against
 * normals.
 */
import type { PinholeCamera } from "./camera.js";

export interface NormalsFromDepthOptions {
  /**
   * Largest bend at a pixel, as a share of its depth: with r = 1 / depth, |r(left) + r(right) - 2 r| / r. It
   * is 0 on any plane, however slanted, and about the relative step at a depth edge. Default 0.05.
   */
  readonly maxBend?: number;
}

export interface NormalMap {
  /**
   * Planar unit vectors [3, height, width], camera coordinates, pointing towards the camera; zeros where
   * invalid.
   */
  readonly normals: Float32Array;
  /** 1 where a normal could be computed, [height, width]. */
  readonly valid: Uint8Array;
}

/**
 * Normals by central differences: the cross product of the vectors between the points left and right, and
 * above and below. A pixel is invalid where it or one of these four neighbours has no depth, at the image's
 * border, and where depth jumps (`maxBend`). On a plane the result is exact.
 *
 * @param depth [height, width], metres along the optical axis.
 * @param valid [height, width], 0 where depth is unknown; values that are not finite or not positive count as
 * unknown too.
 * @param camera intrinsics in pixels of this map.
 * @throws RangeError where a map does not hold width x height values.
 */
export function normalsFromDepth(
  depth: ArrayLike<number>,
  valid: ArrayLike<number>,
  width: number,
  height: number,
  camera: PinholeCamera,
  options: NormalsFromDepthOptions = {},
): NormalMap {
  const area = width * height;
  if (depth.length !== area || valid.length !== area) {
    throw new RangeError(
      `normalsFromDepth: ${depth.length} depths and ${valid.length} flags, expected ${width} x ${height}`,
    );
  }
  const maxBend = options.maxBend ?? 0.05;
  const known = (pixel: number) => valid[pixel] !== 0 && depth[pixel] > 0 && depth[pixel] < Infinity;
  // Planes are affine in inverse depth, so this second difference sees edges and curvature but no slant.
  const smooth = (before: number, at: number, after: number) =>
    Math.abs(depth[at] / depth[before] + depth[at] / depth[after] - 2) <= maxBend;

  const normals = new Float32Array(3 * area);
  const found = new Uint8Array(area);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const [left, right, up, down] = [at - 1, at + 1, at - width, at + width];
      if (!known(at) || !known(left) || !known(right) || !known(up) || !known(down)) continue;
      if (!smooth(left, at, right) || !smooth(up, at, down)) continue;

      const [slopeX, slopeY] = [(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy];
      const acrossZ = depth[right] - depth[left];
      const acrossX = slopeX * acrossZ + (depth[right] + depth[left]) / camera.fx;
      const acrossY = slopeY * acrossZ;
      const alongZ = depth[down] - depth[up];
      const alongX = slopeX * alongZ;
      const alongY = slopeY * alongZ + (depth[down] + depth[up]) / camera.fy;

      let nx = alongY * acrossZ - alongZ * acrossY;
      let ny = alongZ * acrossX - alongX * acrossZ;
      let nz = alongX * acrossY - alongY * acrossX;
      const length = Math.hypot(nx, ny, nz);
      if (!(length > 0)) continue;
      // along x across points back along the ray already, save where noise turned the surface over.
      const sign = (slopeX * nx + slopeY * ny + nz > 0 ? -1 : 1) / length;
      nx *= sign;
      ny *= sign;
      nz *= sign;
      normals[at] = nx;
      normals[area + at] = ny;
      normals[2 * area + at] = nz;
      found[at] = 1;
    }
  }
  return { normals, valid: found };
}

/** @file Reshading: every surface white and matt, one lamp at the camera. */
import { pixelRay, type View, type Visibility } from "../render/visibility.js";

/**
 * Lambert's shading under a point light at the camera, [height, width]: the cosine of the angle between the
 * surface's normal and the direction to the camera, 1 where the surface faces it, 0 where it is seen edge-on.
 * Light and eye coincide, so there are no shadows.
 *
 * Taskonomy (Zamir et al. 2018) defines the label as the shading under one point light at the camera times a
 * constant albedo; its renderings let the light fall off with distance by settings of their own. Here it does
 * not, so that the map tells of slant alone (depth is a task of its own).
 */
export function reshadingOf(view: View, seen: Visibility): Float32Array {
  const { width, height, normals } = seen;
  const ray = new Float64Array(3);
  return Float32Array.from({ length: width * height }, (_, pixel) => {
    pixelRay(view, pixel % width, Math.floor(pixel / width), ray);
    const [nx, ny, nz] = [normals[3 * pixel], normals[3 * pixel + 1], normals[3 * pixel + 2]];
    const towards = -(nx * ray[0] + ny * ray[1] + nz * ray[2]);
    return Math.min(1, Math.max(0, towards / Math.hypot(ray[0], ray[1], ray[2])));
  });
}

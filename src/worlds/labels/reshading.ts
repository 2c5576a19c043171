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
  const shading = new Float32Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      pixelRay(view, x, y, ray);
      const i = 3 * pixel;
      const towards = -(normals[i] * ray[0] + normals[i + 1] * ray[1] + normals[i + 2] * ray[2]);
      const length = Math.sqrt(ray[0] * ray[0] + ray[1] * ray[1] + ray[2] * ray[2]);
      shading[pixel] = Math.min(1, Math.max(0, towards / length));
    }
  }
  return shading;
}

/** @file Smooths the noise of sampled light along surfaces, never across their edges. */
import type { Visibility } from "./visibility.js";

const KERNEL = [1, 2, 1, 2, 4, 2, 1, 2, 1];

/**
 * One pass of the edge-avoiding a-trous filter (Dammertz et al. 2010): a 3 x 3 kernel whose taps lie `step`
 * pixels apart. Neighbours count where they lie in the pixel's tangent plane and face the same way.
 * @param light interleaved RGB; @returns a new array.
 */
export function smoothLight(light: Float32Array, seen: Visibility, step: number): Float32Array {
  const { width, height, points, normals, depth, primitive } = seen;
  const result = new Float32Array(light.length);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const i = 3 * pixel;
      if (primitive[pixel] < 0) {
        for (let c = 0; c < 3; c++) result[i + c] = light[i + c];
        continue;
      }
      const [nx, ny, nz] = [normals[i], normals[i + 1], normals[i + 2]];
      const [px, py, pz] = [points[i], points[i + 1], points[i + 2]];
      const reach = 0.02 * depth[pixel];
      let red = 0;
      let green = 0;
      let blue = 0;
      let total = 0;
      for (let tap = 0; tap < 9; tap++) {
        const qx = x + step * ((tap % 3) - 1);
        const qy = y + step * (Math.floor(tap / 3) - 1);
        if (qx < 0 || qy < 0 || qx >= width || qy >= height) continue;
        const j = 3 * (qy * width + qx);
        if (nx * normals[j] + ny * normals[j + 1] + nz * normals[j + 2] < 0.85) continue;
        const off = nx * (points[j] - px) + ny * (points[j + 1] - py) + nz * (points[j + 2] - pz);
        if (Math.abs(off) > reach) continue;
        const weight = KERNEL[tap];
        red += weight * light[j];
        green += weight * light[j + 1];
        blue += weight * light[j + 2];
        total += weight;
      }
      result[i] = red / total;
      result[i + 1] = green / total;
      result[i + 2] = blue / total;
    }
  }
  return result;
}

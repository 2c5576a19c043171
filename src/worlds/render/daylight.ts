/** @file Light outdoors: the sun with its shadows, and the sky, weaker where things stand close. */
import type { Scene } from "../scene.js";
import { hash } from "../surface/noise.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import type { Sky } from "./sky.js";
import type { Visibility } from "./visibility.js";

/** Rays start this far off the surface, metres. */
const LIFT = 2e-3;
/** How far things take light of the sky away, metres. */
const REACH = 2;
/** The longest shadow, metres. */
const SHADOW = 80;

/**
 * Irradiance at each pixel, interleaved RGB, noisy where things stand close; pixels of the sky have that of a
 * wall, for thin things before them.
 * @param seed of the noise; equal seeds give equal noise.
 */
export function gatherDaylight(
  { sun, primitives }: Scene,
  sky: Sky,
  tracer: RayTracer,
  seen: Visibility,
  seed: number,
): Float32Array {
  const { width, height, points, normals, primitive, surface } = seen;
  const light = new Float32Array(3 * width * height);
  /** What reaches a surface of the light of the whole sky. */
  const share = new Float64Array(3);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const i = 3 * pixel;
      if (primitive[pixel] < 0) {
        for (let c = 0; c < 3; c++) light[i + c] = 0.5 * (sky.light[c] + sky.ground[c]);
        continue;
      }
      const nx = normals[i];
      const ny = normals[i + 1];
      const nz = normals[i + 2];
      const px = points[i] + LIFT * nx;
      const py = points[i + 1] + LIFT * ny;
      const pz = points[i + 2] + LIFT * nz;

      // Neighbours on one surface share a ray in pairs; smoothing hides it.
      const shared = ((x + y) & 1) === 1 && x > 0 && surface[pixel - 1] === surface[pixel];
      if (!shared) {
        // A point on the unit sphere around the tip of the normal: a cosine-weighted direction.
        const z = 2 * hash(x, y, seed) - 1;
        const angle = 2 * Math.PI * hash(x, y, seed + 3);
        const radius = Math.sqrt(1 - z * z);
        const dx = nx + radius * Math.cos(angle);
        const dy = ny + radius * Math.sin(angle);
        const dz = nz + z;
        const length = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9;
        const hit = tracer.closest(px, py, pz, dx / length, dy / length, dz / length, REACH);
        const open = hit ? tracer.distance / (tracer.distance + 0.8) : 1;
        const mean = hit ? primitives[tracer.primitive].material.mean : undefined;
        for (let c = 0; c < 3; c++) share[c] = mean === undefined ? 1 : open * (0.25 + 0.9 * mean[c]);
      }
      const up = 0.5 + 0.5 * nz;
      for (let c = 0; c < 3; c++) light[i + c] = (sky.light[c] * up + sky.ground[c] * (1 - up)) * share[c];
      if (sun === undefined) continue;
      const [sx, sy, sz] = sun.direction;
      const facing = nx * sx + ny * sy + nz * sz;
      if (facing <= 0 || tracer.occluded(px, py, pz, sx, sy, sz, SHADOW)) continue;
      for (let c = 0; c < 3; c++) light[i + c] += sun.colour[c] * facing;
    }
  }
  return light;
}

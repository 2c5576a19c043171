/**
 * @file Light that falls on every pixel of a room: lamps and windows with soft shadows, the sun, and one
 * reflection off the surroundings.
 */
import type { AreaLight, Scene } from "../scene.js";
import type { Rgb } from "../surface/colour.js";
import { hash } from "../surface/noise.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import type { Visibility } from "./visibility.js";

/**
 * Shadow rays a pixel for lamps and windows, and rays a pixel for reflected light: noisy alone, smooth after
 * `smoothLight`.
 */
const LAMP_RAYS = 2;
const BOUNCE_RAYS = 2;
/** Rays start this far off the surface, metres. */
const LIFT = 1e-3;
/** How far reflected light is looked for, metres, and the mean colour of whatever lies farther. */
const REACH = 1.5;
const FAR: Rgb = [0.45, 0.43, 0.4];

/**
 * Irradiance at each pixel, interleaved RGB, noisy.
 * @param seed of the noise; equal seeds give equal noise.
 */
export function gatherLight(scene: Scene, tracer: RayTracer, seen: Visibility, seed: number): Float32Array {
  const { width, height, points, normals } = seen;
  const light = new Float32Array(3 * width * height);
  const { lights, sun, ambient, primitives } = scene;
  const shots = Math.min(LAMP_RAYS, lights.length);
  const sum = new Float64Array(3);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const i = 3 * pixel;
      const [nx, ny, nz] = [normals[i], normals[i + 1], normals[i + 2]];
      const px = points[i] + LIFT * nx;
      const py = points[i + 1] + LIFT * ny;
      const pz = points[i + 2] + LIFT * nz;
      sum.fill(0);

      // With more lamps than rays, neighbouring pixels take turns.
      const turn = x + 2 * y;
      for (let shot = 0; shot < shots; shot++) {
        const lamp = lights[(turn * shots + shot) % lights.length];
        const a = 2 * hash(x, y, seed + 11 * shot) - 1;
        const b = 2 * hash(x, y, seed + 11 * shot + 5) - 1;
        addLamp(tracer, lamp, a, b, px, py, pz, nx, ny, nz, lights.length / shots, sum);
      }

      if (sun !== undefined) {
        const [sx, sy, sz] = sun.direction;
        const facing = nx * sx + ny * sy + nz * sz;
        if (facing > 0 && !tracer.occluded(px, py, pz, sx, sy, sz, 1e3)) {
          for (let c = 0; c < 3; c++) sum[c] += sun.colour[c] * facing;
        }
      }

      for (let ray = 0; ray < BOUNCE_RAYS; ray++) {
        // A point on the unit sphere around the tip of the normal: cosine-weighted directions.
        const z = 2 * hash(x, y, seed + 101 + 7 * ray) - 1;
        const angle = 2 * Math.PI * hash(x, y, seed + 103 + 7 * ray);
        const radius = Math.sqrt(1 - z * z);
        const dx = nx + radius * Math.cos(angle);
        const dy = ny + radius * Math.sin(angle);
        const dz = nz + z;
        const length = Math.sqrt(dx * dx + dy * dy + dz * dz) + 1e-9;
        const hit = tracer.closest(px, py, pz, dx / length, dy / length, dz / length, REACH);
        const mean = hit ? primitives[tracer.primitive].material.mean : FAR;
        // What is close lies in the same dark corner.
        const open = hit ? tracer.distance / (tracer.distance + 0.3) : 0.9;
        for (let c = 0; c < 3; c++) sum[c] += (ambient[c] * open * (0.35 + 1.1 * mean[c])) / BOUNCE_RAYS;
      }
      light.set(sum, i);
    }
  }
  return light;
}

function addLamp(
  tracer: RayTracer,
  { centre, edgeU, edgeV, normal, colour }: AreaLight,
  a: number,
  b: number,
  px: number,
  py: number,
  pz: number,
  nx: number,
  ny: number,
  nz: number,
  weight: number,
  sum: Float64Array,
): void {
  const dx = centre[0] + a * edgeU[0] + b * edgeV[0] - px;
  const dy = centre[1] + a * edgeU[1] + b * edgeV[1] - py;
  const dz = centre[2] + a * edgeU[2] + b * edgeV[2] - pz;
  const squared = dx * dx + dy * dy + dz * dz;
  const distance = Math.sqrt(squared);
  const facing = (nx * dx + ny * dy + nz * dz) / distance;
  if (facing <= 0) return;
  const shining = normal === undefined ? 1 : -(normal[0] * dx + normal[1] * dy + normal[2] * dz) / distance;
  if (shining <= 0) return;
  if (tracer.occluded(px, py, pz, dx, dy, dz, 0.999)) return;
  // The floor under the square keeps the wall beside a lamp from burning out.
  const strength = (weight * facing * shining) / Math.max(squared, 0.1);
  for (let c = 0; c < 3; c++) sum[c] += colour[c] * strength;
}

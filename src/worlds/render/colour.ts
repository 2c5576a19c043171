/** @file Colour of every pixel: surface times light, several samples a pixel. */
import type { Scene } from "../scene.js";
import { colourAt } from "../surface/material.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { describeSurface, newSurfacePoint } from "../trace/surface-point.js";
import { skyColour } from "./sky.js";
import { pixelRay, type View, type Visibility } from "./visibility.js";

/**
 * Whether one of the four neighbours shows another surface: only such pixels need new rays for smooth edges.
 */
function atEdge({ surface, width, height }: Visibility, x: number, y: number): boolean {
  const pixel = y * width + x;
  const own = surface[pixel];
  return (
    (x > 0 && surface[pixel - 1] !== own) ||
    (x < width - 1 && surface[pixel + 1] !== own) ||
    (y > 0 && surface[pixel - width] !== own) ||
    (y < height - 1 && surface[pixel + width] !== own)
  );
}

/** The pixel at or beside (x, y) that shows `surface`, for its light; the pixel itself where none does. */
function nearestSame(
  { surface: all, width, height }: Visibility,
  x: number,
  y: number,
  surface: number,
): number {
  const own = y * width + x;
  if (all[own] === surface) return own;
  for (let qy = Math.max(0, y - 1); qy <= Math.min(height - 1, y + 1); qy++) {
    for (let qx = Math.max(0, x - 1); qx <= Math.min(width - 1, x + 1); qx++) {
      if (all[qy * width + qx] === surface) return qy * width + qx;
    }
  }
  return own;
}

/**
 * Where a pixel is sampled, in pixels off its centre. Outdoors every third pixel lies at an edge and asks for
 * rays: there it takes the ray of its centre, which is known, and two of its corners, each of which it has in
 * common with a neighbour.
 */
const ROOM_SAMPLES = [-0.25, -0.25, 0.25, -0.25, -0.25, 0.25, 0.25, 0.25];
const OPEN_SAMPLES = [0, 0, -0.5, -0.5, 0.5, 0.5];

/** Linear-light radiance, interleaved RGB [height, width, 3]. */
export function shade(
  scene: Scene,
  tracer: RayTracer,
  view: View,
  seen: Visibility,
  light: Float32Array,
): Float32Array {
  const { width, height, points, normals, depth } = seen;
  const radiance = new Float32Array(3 * width * height);
  const { primitives, sky, haze } = scene;
  const samples = sky === undefined ? ROOM_SAMPLES : OPEN_SAMPLES;
  const weight = 2 / samples.length;
  /** Radiance at the corners of pixels, one more a row than pixels, NaN where no ray went through. */
  const corners = new Float32Array(sky === undefined ? 0 : 3 * (width + 1) * (height + 1)).fill(Number.NaN);
  const [ox, oy, oz] = view.position;
  const ray = new Float64Array(3);
  const colour = new Float64Array(3);
  const point = newSurfacePoint();
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const edge = atEdge(seen, x, y);
      const i = 3 * pixel;
      const [nx, ny, nz] = [normals[i], normals[i + 1], normals[i + 2]];
      const plane = nx * (points[i] - ox) + ny * (points[i + 1] - oy) + nz * (points[i + 2] - oz);
      for (let sample = 0; sample < samples.length; sample += 2) {
        const central = samples[sample] === 0;
        const rays = edge && !central;
        const corner =
          3 * ((y + (samples[sample + 1] > 0 ? 1 : 0)) * (width + 1) + x + (samples[sample] > 0 ? 1 : 0));
        if (rays && corners[corner] >= 0) {
          for (let c = 0; c < 3; c++) radiance[i + c] += weight * corners[corner + c];
          continue;
        }
        pixelRay(view, x + samples[sample], y + samples[sample + 1], ray);
        let item = seen.primitive[pixel];
        let t: number;
        const slant = nx * ray[0] + ny * ray[1] + nz * ray[2];
        const hit = rays && tracer.closest(ox, oy, oz, ray[0], ray[1], ray[2]);
        if (sky !== undefined && !hit && (item < 0 || rays)) {
          skyColour(sky, ray[0], ray[1], ray[2], colour);
          for (let c = 0; c < 3; c++) {
            radiance[i + c] += weight * colour[c];
            if (rays) corners[corner + c] = colour[c];
          }
          continue;
        }
        if (hit) {
          item = tracer.primitive;
          t = tracer.distance;
        } else {
          // Inside a surface the tangent plane says where the sample lies.
          t = slant < -1e-3 && !central ? plane / slant : depth[pixel];
        }
        const px = ox + t * ray[0];
        const py = oy + t * ray[1];
        const pz = oz + t * ray[2];
        const primitive = primitives[item];
        describeSurface(primitive, px, py, pz, point);
        const { material } = primitive;
        const tilt = Math.max(0.15, -(point.nx * ray[0] + point.ny * ray[1] + point.nz * ray[2]));
        colourAt(material, point.u, point.v, point.x, point.y, (0.5 * t) / view.camera.fx / tilt, colour);
        const from = edge ? 3 * nearestSame(seen, x, y, 8 * item + point.face) : i;
        const clear = haze === undefined ? 1 : Math.exp(-haze.density * t);
        for (let c = 0; c < 3; c++) {
          const own = colour[c] * (light[from + c] + material.emission);
          const seenThere = haze === undefined ? own : own * clear + haze.colour[c] * (1 - clear);
          radiance[i + c] += weight * seenThere;
          if (rays && sky !== undefined) corners[corner + c] = seenThere;
        }
      }
    }
  }
  return radiance;
}

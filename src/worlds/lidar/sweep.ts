/** @file One turn of a LiDAR sensor in a scene: the first surface along each beam, measured. */
import type { Random } from "../../common/random.js";
import type { Pose } from "../../fields/pose.js";
import type { Scene } from "../scene.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { describeSurface, newSurfacePoint } from "../trace/surface-point.js";
import type { LidarSensor } from "./sensors.js";

/** The points of a sweep in the sensor's coordinates: x forward, y left, z up, metres. */
export interface Sweep {
  /** Four numbers a point: x, y, z and intensity, 0 to 1. */
  readonly points: Float32Array;
  /** Number of the beam of each point, 0 the highest. */
  readonly beam: Uint16Array;
  /** Number of the thing hit, as in a picture's instances. */
  readonly instance: Int32Array;
}

/**
 * The share of answers that get lost on a surface at `range` (as a share of the farthest) whose normal and
 * the beam have the cosine `slant`: `dropout` near by and straight on, all at the end of the range.
 */
function lostShare(dropout: number, range: number, slant: number): number {
  return dropout ** (slant ** 0.25 * (1 - range ** 4));
}

/**
 * A sweep from `pose`, whose columns are the sensor's forward, left and up axes in the scene. All beams fire
 * at one moment: as if the sensor's own motion while it turns had been taken out of the points. What lies
 * behind the nearest surface along a beam is hidden; what is beyond the range, or the sky, does not answer.
 * Intensity is the surface's brightness times the cosine of the slant.
 */
export function sweepScene(
  scene: Scene,
  tracer: RayTracer,
  { rotation: r, position: [ox, oy, oz] }: Pose,
  sensor: LidarSensor,
  random: Random,
): Sweep {
  const { elevations, columns, range, noise, dropout } = sensor;
  const points: number[] = [];
  const beams: number[] = [];
  const instances: number[] = [];
  const surface = newSurfacePoint();
  for (let column = 0; column < columns; column++) {
    // From behind over the left side: the seam lies behind the sensor.
    const azimuth = Math.PI - ((column + 0.5) / columns) * 2 * Math.PI;
    const [c, s] = [Math.cos(azimuth), Math.sin(azimuth)];
    elevations.forEach((elevation, beam) => {
      const flat = Math.cos(elevation);
      const [x, y, z] = [c * flat, s * flat, Math.sin(elevation)];
      const dx = r[0] * x + r[1] * y + r[2] * z;
      const dy = r[3] * x + r[4] * y + r[5] * z;
      const dz = r[6] * x + r[7] * y + r[8] * z;
      if (!tracer.closest(ox, oy, oz, dx, dy, dz, range)) return;
      const t = tracer.distance;
      const item = scene.primitives[tracer.primitive];
      describeSurface(item, ox + t * dx, oy + t * dy, oz + t * dz, surface);
      const slant = Math.min(1, Math.abs(dx * surface.nx + dy * surface.ny + dz * surface.nz));
      // Both are drawn for every hit, so that other noise leaves the same points.
      const luck = random.uniform();
      const error = noise * random.normal();
      if (luck < lostShare(dropout, t / range, slant)) return;
      const measured = t + error;
      const [red, green, blue] = item.material.mean;
      const intensity = Math.min(1, (0.2126 * red + 0.7152 * green + 0.0722 * blue) * slant);
      points.push(measured * x, measured * y, measured * z, intensity);
      beams.push(beam);
      instances.push(item.instance);
    });
  }
  return {
    points: Float32Array.from(points),
    beam: Uint16Array.from(beams),
    instance: Int32Array.from(instances),
  };
}

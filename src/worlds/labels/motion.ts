/** @file Optical flow, visibility and object motion between two moments of a scene, from exact geometry. */
import { pixelRay, type View, type Visibility } from "../render/visibility.js";
import type { Scene } from "../scene.js";
import { type Motion, motionBetween, type Thing } from "../things.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import type { FrameMotion } from "../world.js";

/** A scene at one time, seen from one place. */
export interface Moment {
  readonly scene: Scene;
  readonly tracer: RayTracer;
  readonly view: View;
  /** Things that may move. */
  readonly things: readonly Thing[];
}

/** A surface hides a point where it lies nearer by more than this share. */
const TOLERANCE = 1e-6;

/** Motions of the things that move, by instance; what stands is left out. */
function motionsOf(now: Moment, next: Moment): Map<number, Motion> {
  const later = new Map(next.things.map(({ instance, frame }) => [instance, frame]));
  const motions = new Map<number, Motion>();
  for (const { instance, frame } of now.things) {
    const to = later.get(instance);
    if (to !== undefined && to !== frame) motions.set(instance, motionBetween(frame, to));
  }
  return motions;
}

/**
 * Motion of everything `seen` now until the next moment, whose `things` hold all that are seen now.
 *
 * A point is visible in the next frame where its projection lies within the borders of its image ([-0.5,
 * width - 0.5]) and a ray from the next camera meets nothing before it.
 */
export function frameMotion(now: Moment, seen: Visibility, next: Moment): FrameMotion {
  const { width, height, primitive, points } = seen;
  const area = width * height;
  const { camera, position, rotation: r } = next.view;
  const [ox, oy, oz] = position;
  const motions = motionsOf(now, next);
  const flow = new Float32Array(2 * area);
  const valid = new Uint8Array(area);
  const visible = new Uint8Array(area);
  const motion = new Float32Array(3 * area);
  const ray = new Float64Array(3);
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      const item = primitive[pixel];
      if (item < 0) pixelRay(now.view, x, y, ray);
      else {
        const px = points[3 * pixel];
        const py = points[3 * pixel + 1];
        const pz = points[3 * pixel + 2];
        ray[0] = px - ox;
        ray[1] = py - oy;
        ray[2] = pz - oz;
        const moves = motions.get(now.scene.primitives[item].instance);
        if (moves !== undefined) {
          const { rotation: m, offset } = moves;
          const mx = m[0] * px + m[1] * py + m[2] * pz + offset[0] - px;
          const my = m[3] * px + m[4] * py + m[5] * pz + offset[1] - py;
          const mz = m[6] * px + m[7] * py + m[8] * pz + offset[2] - pz;
          for (let c = 0; c < 3; c++) motion[c * area + pixel] = r[c] * mx + r[3 + c] * my + r[6 + c] * mz;
          ray[0] += mx;
          ray[1] += my;
          ray[2] += mz;
        }
      }
      const [dx, dy, dz] = ray;
      const ahead = r[2] * dx + r[5] * dy + r[8] * dz;
      if (ahead <= 0) continue;
      valid[pixel] = 1;
      const u = camera.cx + (camera.fx * (r[0] * dx + r[3] * dy + r[6] * dz)) / ahead;
      const v = camera.cy + (camera.fy * (r[1] * dx + r[4] * dy + r[7] * dz)) / ahead;
      flow[pixel] = u - x;
      flow[area + pixel] = v - y;
      if (u < -0.5 || v < -0.5 || u > width - 0.5 || v > height - 0.5) continue;
      const limit = item < 0 ? Infinity : 1 - TOLERANCE;
      if (!next.tracer.closest(ox, oy, oz, dx, dy, dz, limit)) visible[pixel] = 1;
    }
  }
  const all = new Uint8Array(area).fill(1);
  return {
    flow: { channels: 2, height, width, data: flow, valid },
    visible,
    motion: { channels: 3, height, width, data: motion, valid: all },
  };
}

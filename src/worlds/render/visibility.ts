/** @file What is seen at every pixel centre. */

import type { Pose } from "../../fields/pose.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import type { Scene } from "../scene.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { describeSurface, newSurfacePoint } from "../trace/surface-point.js";

/** Where the camera stands in the world, and its intrinsics. */
export interface View extends Pose {
  readonly camera: PinholeCamera;
}

/**
 * Per-pixel geometry, planes of [height, width]. Pixels that show the sky have no primitive and no surface
 * (-1), infinite depth, and zeros for point and normal.
 */
export interface Visibility {
  readonly width: number;
  readonly height: number;
  readonly primitive: Int32Array;
  /** Primitive and face in one number: equal along one smooth surface. */
  readonly surface: Int32Array;
  /** Metres along the optical axis. */
  readonly depth: Float64Array;
  /** World points, interleaved x, y, z. */
  readonly points: Float64Array;
  /** World unit normals, interleaved x, y, z. */
  readonly normals: Float64Array;
}

/**
 * World direction through pixel (x, y), with length 1 along the optical axis: distances along it are depths.
 */
export function pixelRay({ camera, rotation: r }: View, x: number, y: number, out: Float64Array): void {
  const cx = (x - camera.cx) / camera.fx;
  const cy = (y - camera.cy) / camera.fy;
  out[0] = r[0] * cx + r[1] * cy + r[2];
  out[1] = r[3] * cx + r[4] * cy + r[5];
  out[2] = r[6] * cx + r[7] * cy + r[8];
}

/**
 * Traces one ray through each pixel centre.
 * @throws Error where a ray leaves a scene without a sky.
 */
export function traceVisibility(
  scene: Scene,
  tracer: RayTracer,
  view: View,
  width: number,
  height: number,
): Visibility {
  const area = width * height;
  const primitive = new Int32Array(area);
  const surface = new Int32Array(area);
  const depth = new Float64Array(area);
  const points = new Float64Array(3 * area);
  const normals = new Float64Array(3 * area);
  const ray = new Float64Array(3);
  const point = newSurfacePoint();
  const [ox, oy, oz] = view.position;
  for (let y = 0, pixel = 0; y < height; y++) {
    for (let x = 0; x < width; x++, pixel++) {
      pixelRay(view, x, y, ray);
      if (!tracer.closest(ox, oy, oz, ray[0], ray[1], ray[2])) {
        if (scene.sky === undefined) throw new Error("a ray left the scene");
        primitive[pixel] = -1;
        surface[pixel] = -1;
        depth[pixel] = Infinity;
        continue;
      }
      const t = tracer.distance;
      const px = ox + t * ray[0];
      const py = oy + t * ray[1];
      const pz = oz + t * ray[2];
      describeSurface(scene.primitives[tracer.primitive], px, py, pz, point);
      primitive[pixel] = tracer.primitive;
      surface[pixel] = 8 * tracer.primitive + point.face;
      depth[pixel] = t;
      points[3 * pixel] = px;
      points[3 * pixel + 1] = py;
      points[3 * pixel + 2] = pz;
      normals[3 * pixel] = point.nx;
      normals[3 * pixel + 1] = point.ny;
      normals[3 * pixel + 2] = point.nz;
    }
  }
  return { width, height, primitive, surface, depth, points, normals };
}

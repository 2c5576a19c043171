/** @file Labels of a rendered picture. */
import type { LabelMap, Picture } from "../../tasks/task.js";
import type { View, Visibility } from "../render/visibility.js";
import type { Scene } from "../scene.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import { edges2dOf } from "./edges2d.js";
import { keypoints2dOf } from "./keypoints2d.js";
import { occlusionEdges } from "./occlusion-edges.js";
import { reshadingOf } from "./reshading.js";

/** Surface normals in camera coordinates, planar [3, height, width]; zeros in the sky. */
function normalsOf({ rotation: r }: View, { width, height, normals }: Visibility): Float32Array {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const x = normals[3 * pixel];
    const y = normals[3 * pixel + 1];
    const z = normals[3 * pixel + 2];
    for (let row = 0; row < 3; row++) {
      planes[row * area + pixel] = r[row] * x + r[3 + row] * y + r[6 + row] * z;
    }
  }
  return planes;
}

function mapOf({ width, height }: Visibility, data: Float32Array, valid?: Uint8Array): LabelMap {
  const area = width * height;
  return { channels: data.length / area, height, width, data, valid: valid ?? new Uint8Array(area).fill(1) };
}

/**
 * `segmentation` (class index), `depth` (metres along the optical axis), `normals` (camera coordinates) of
 * what is seen. The sky has a class and nothing else; depth beyond `farthest` metres is not valid.
 */
export function geometryLabels(
  scene: Scene,
  view: View,
  seen: Visibility,
  farthest = Infinity,
): Record<"segmentation" | "depth" | "normals", LabelMap> {
  const { primitive, depth, width, height } = seen;
  const area = width * height;
  const [solid, near] = [new Uint8Array(area), new Uint8Array(area)];
  const [classes, metres] = [new Float32Array(area), new Float32Array(area)];
  classes.fill(scene.sky?.classIndex ?? 0);
  for (let pixel = 0; pixel < area; pixel++) {
    const item = primitive[pixel];
    if (item < 0) continue;
    solid[pixel] = 1;
    classes[pixel] = scene.primitives[item].classIndex;
    if (depth[pixel] > farthest) continue;
    near[pixel] = 1;
    metres[pixel] = depth[pixel];
  }
  return {
    segmentation: mapOf(seen, classes),
    depth: mapOf(seen, metres, near),
    normals: mapOf(seen, normalsOf(view, seen), solid),
  };
}

/**
 * The maps that Taskonomy adds, of a scene without a sky, all pixels valid: `occlusion-edges` and `reshading`
 * from the geometry, `keypoints2d` and `edges2d` from the picture.
 */
export function taskonomyLabels(
  tracer: RayTracer,
  view: View,
  seen: Visibility,
  picture: Picture,
): Record<string, LabelMap> {
  return {
    "occlusion-edges": mapOf(seen, occlusionEdges(tracer, view, seen)),
    reshading: mapOf(seen, reshadingOf(view, seen)),
    keypoints2d: mapOf(seen, keypoints2dOf(picture)),
    edges2d: mapOf(seen, edges2dOf(picture)),
  };
}

/** Number of the thing seen at each pixel, [height, width]. */
export function instancesOf(scene: Scene, { primitive }: Visibility): Int32Array {
  const instances = new Int32Array(primitive.length).fill(scene.sky?.instance ?? 0);
  for (let pixel = 0; pixel < primitive.length; pixel++) {
    if (primitive[pixel] >= 0) instances[pixel] = scene.primitives[primitive[pixel]].instance;
  }
  return instances;
}

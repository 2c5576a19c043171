/** @file Every label of a rendered picture. */
import { transpose3 } from "../../geometry/rotation.js";
import type { LabelMap, Picture } from "../../tasks/task.js";
import type { View, Visibility } from "../render/visibility.js";
import type { Scene } from "../scene.js";
import type { Tracer } from "../trace/tracer.js";
import { edges2dOf } from "./edges2d.js";
import { keypoints2dOf } from "./keypoints2d.js";
import { occlusionEdges } from "./occlusion-edges.js";
import { reshadingOf } from "./reshading.js";

/** Surface normals in camera coordinates, planar [3, height, width]. */
function normalsOf(view: View, { width, height, normals }: Visibility): Float32Array {
  const area = width * height;
  const toCamera = transpose3(view.rotation);
  const planes = new Float32Array(3 * area);
  for (let pixel = 0; pixel < area; pixel++) {
    const [x, y, z] = normals.subarray(3 * pixel, 3 * pixel + 3);
    for (let row = 0; row < 3; row++) {
      planes[row * area + pixel] =
        toCamera[3 * row] * x + toCamera[3 * row + 1] * y + toCamera[3 * row + 2] * z;
    }
  }
  return planes;
}

/**
 * Labels of what is seen, all pixels valid: `segmentation` (class index), `depth` (metres along the optical
 * axis), `normals` (camera coordinates), `occlusion-edges` and `reshading` from the geometry, `keypoints2d`
 * and `edges2d` from the picture.
 */
export function labelsOf(
  scene: Scene,
  tracer: Tracer,
  view: View,
  seen: Visibility,
  picture: Picture,
): Record<string, LabelMap> {
  const { width, height } = seen;
  const area = width * height;
  const maps = {
    segmentation: Float32Array.from(seen.primitive, (index) => scene.primitives[index].classIndex),
    depth: Float32Array.from(seen.depth),
    normals: normalsOf(view, seen),
    "occlusion-edges": occlusionEdges(tracer, view, seen),
    reshading: reshadingOf(view, seen),
    keypoints2d: keypoints2dOf(picture),
    edges2d: edges2dOf(picture),
  };
  return Object.fromEntries(
    Object.entries(maps).map(([task, data]): [string, LabelMap] => {
      const valid = new Uint8Array(area).fill(1);
      return [task, { channels: data.length / area, height, width, data, valid }];
    }),
  );
}

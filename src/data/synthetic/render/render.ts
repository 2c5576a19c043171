/** @file A scene through a camera: picture and labels. */
import type { Random } from "../../../common/random.js";
import { transpose3 } from "../../../geometry/rotation.js";
import type { LabelMap } from "../../../tasks/task.js";
import type { Scene } from "../scene.js";
import type { Tracer } from "../trace/tracer.js";
import type { RenderedSample } from "../world.js";
import { shade } from "./colour.js";
import { develop } from "./develop.js";
import { gatherLight } from "./lighting.js";
import { smoothLight } from "./smooth-light.js";
import { traceVisibility, type View, type Visibility } from "./visibility.js";

/**
 * Labels `segmentation` (class index), `depth` (metres along the optical axis) and `normals` (camera
 * coordinates).
 */
function labelsOf(scene: Scene, view: View, seen: Visibility): Record<string, LabelMap> {
  const { width, height } = seen;
  const area = width * height;
  const map = (channels: number): LabelMap => ({
    channels,
    height,
    width,
    data: new Float32Array(channels * area),
    valid: new Uint8Array(area).fill(1),
  });
  const labels = { segmentation: map(1), depth: map(1), normals: map(3) };
  const toCamera = transpose3(view.rotation);
  for (let pixel = 0; pixel < area; pixel++) {
    labels.segmentation.data[pixel] = scene.primitives[seen.primitive[pixel]].classIndex;
    labels.depth.data[pixel] = seen.depth[pixel];
    const [x, y, z] = seen.normals.subarray(3 * pixel, 3 * pixel + 3);
    for (let row = 0; row < 3; row++) {
      labels.normals.data[row * area + pixel] =
        toCamera[3 * row] * x + toCamera[3 * row + 1] * y + toCamera[3 * row + 2] * z;
    }
  }
  return labels;
}

/** Renders picture, labels and instances. `random` decides the noise of light and film, not what is seen. */
export function renderScene(
  scene: Scene,
  tracer: Tracer,
  view: View,
  width: number,
  height: number,
  random: Random,
): RenderedSample {
  const seen = traceVisibility(scene, tracer, view, width, height);
  let light = gatherLight(scene, tracer, seen, random.uint32() & 0xffffff);
  for (const step of [1, 2, 4]) light = smoothLight(light, seen, step);
  const image = develop(shade(scene, tracer, view, seen, light), width, height, random);
  return {
    image,
    labels: labelsOf(scene, view, seen),
    instances: Int32Array.from(seen.primitive, (primitive) => scene.primitives[primitive].instance),
    camera: view.camera,
  };
}

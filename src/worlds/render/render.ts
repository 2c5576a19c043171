/** @file A scene through a camera: picture and labels. */
import type { Random } from "../../common/random.js";
import { labelsOf } from "../labels/index.js";
import type { Scene } from "../scene.js";
import type { Tracer } from "../trace/tracer.js";
import type { RenderedSample } from "../world.js";
import { shade } from "./colour.js";
import { develop } from "./develop.js";
import { gatherLight } from "./lighting.js";
import { smoothLight } from "./smooth-light.js";
import { traceVisibility, type View } from "./visibility.js";

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
    labels: labelsOf(scene, tracer, view, seen, image),
    instances: Int32Array.from(seen.primitive, (primitive) => scene.primitives[primitive].instance),
    camera: view.camera,
  };
}

/** @file 3D boxes of things in camera coordinates. */
import { add3, apply3, multiply3, scale3, transpose3 } from "../../geometry/rotation.js";
import type { View } from "../render/visibility.js";
import type { Thing } from "../things.js";
import { toWorld } from "../trace/primitive.js";
import type { Box3d } from "../world.js";

/** Boxes of all things whose middle lies within `reach` metres of the camera, before or behind it. */
export function boxesOf(
  things: readonly Thing[],
  { rotation, position }: View,
  instances: Int32Array,
  classes: readonly string[],
  reach: number,
): Box3d[] {
  const counts = new Map<number, number>();
  for (const instance of instances) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  const toCamera = transpose3(rotation);
  return things.flatMap(({ body, frame, instance }) => {
    const centre = apply3(toCamera, add3(toWorld(frame, body.centre), scale3(position, -1)));
    if (Math.hypot(...centre) > reach) return [];
    const axes = multiply3(toCamera, frame.rotation);
    const box: Box3d = {
      class: classes[body.classIndex],
      track: instance,
      centre,
      size: body.size,
      heading: Math.atan2(-axes[6], axes[0]),
      rotation: axes,
      pixels: counts.get(instance) ?? 0,
    };
    return [box];
  });
}

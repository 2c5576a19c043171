/** @file 3D boxes of things in camera coordinates. */
import {
  add3,
  apply3,
  type Mat3,
  multiply3,
  scale3,
  transpose3,
  type Vec3,
} from "../../geometry/rotation.js";
import type { View } from "../render/visibility.js";
import type { Thing } from "../things.js";
import { toWorld } from "../trace/primitive.js";
import type { Box3d } from "../world.js";

/** A thing as somebody sees it who stands somewhere. */
export interface SeenThing {
  /** Name of its class. */
  readonly class: string;
  /** Number of the thing, the same in all frames of a snippet. */
  readonly track: number;
  /** Of its box, in the coordinates of who looks. */
  readonly centre: Vec3;
  readonly size: Vec3;
  /** Its axes there, 3x3 by rows. */
  readonly axes: Mat3;
  /** How many of what was seen (pixels, points) show it. */
  readonly shown: number;
}

/** All things whose middle lies within `reach` metres of who looks, in every direction. */
export function thingsWithin(
  things: readonly Thing[],
  { rotation, position }: Pick<View, "rotation" | "position">,
  instances: Int32Array,
  classes: readonly string[],
  reach: number,
): SeenThing[] {
  const counts = new Map<number, number>();
  for (const instance of instances) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  const toViewer = transpose3(rotation);
  return things.flatMap(({ body, frame, instance }) => {
    const centre = apply3(toViewer, add3(toWorld(frame, body.centre), scale3(position, -1)));
    if (Math.hypot(...centre) > reach) return [];
    const axes = multiply3(toViewer, frame.rotation);
    const shown = counts.get(instance) ?? 0;
    return [{ class: classes[body.classIndex], track: instance, centre, size: body.size, axes, shown }];
  });
}

/** Boxes of all things whose middle lies within `reach` metres of the camera, before or behind it. */
export function boxesOf(...seen: Parameters<typeof thingsWithin>): Box3d[] {
  return thingsWithin(...seen).map(
    ({ axes, shown, ...thing }): Box3d => ({
      ...thing,
      heading: Math.atan2(-axes[6], axes[0]),
      rotation: axes,
      pixels: shown,
    }),
  );
}

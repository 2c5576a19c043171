/** @file Boxes of things in a sensor's coordinates. */
import type { Pose } from "../../fields/pose.js";
import type { UprightBox } from "../../geometry/boxes/box.js";
import { add3, apply3, multiply3, scale3, transpose3 } from "../../geometry/rotation.js";
import type { Thing } from "../things.js";
import { toWorld } from "../trace/primitive.js";
import type { Sweep } from "./sweep.js";

/** The box around a thing, upright as the sensor is. */
export interface LidarBox extends UprightBox {
  /** Name of its class. */
  readonly class: string;
  /** Number of the thing, the same in all frames of a snippet. */
  readonly track: number;
  /** How many points of the sweep lie on the thing. */
  readonly points: number;
}

/** Boxes of all things whose middle lies within `reach` metres of a sensor that stands upright. */
export function lidarBoxes(
  things: readonly Thing[],
  { rotation, position }: Pose,
  { instance: hit }: Sweep,
  classes: readonly string[],
  reach: number,
): LidarBox[] {
  const counts = new Map<number, number>();
  for (const instance of hit) counts.set(instance, (counts.get(instance) ?? 0) + 1);
  const toSensor = transpose3(rotation);
  return things.flatMap(({ body, frame, instance }) => {
    const centre = apply3(toSensor, add3(toWorld(frame, body.centre), scale3(position, -1)));
    if (Math.hypot(...centre) > reach) return [];
    const axes = multiply3(toSensor, frame.rotation);
    const box: LidarBox = {
      class: classes[body.classIndex],
      track: instance,
      centre,
      size: body.size,
      yaw: Math.atan2(axes[3], axes[0]),
      points: counts.get(instance) ?? 0,
    };
    return [box];
  });
}

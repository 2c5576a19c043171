/** @file Boxes of things in a sensor's coordinates. */
import type { Pose } from "../../fields/pose.js";
import type { UprightBox } from "../../geometry/boxes/box.js";
import { thingsWithin } from "../labels/boxes.js";
import type { Thing } from "../things.js";
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
  pose: Pose,
  { instance: instances }: Sweep,
  classes: readonly string[],
  reach: number,
): LidarBox[] {
  return thingsWithin(things, pose, instances, classes, reach).map(
    ({ axes, shown, ...thing }): LidarBox => ({ ...thing, yaw: Math.atan2(axes[3], axes[0]), points: shown }),
  );
}

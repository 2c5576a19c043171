/** @file The pose: where the camera of a sample stands in its scene. */
import type { RigidMotion } from "../geometry/rigid.js";
import { apply3, type Mat3, multiply3, scale3, type Vec3 } from "../geometry/rotation.js";
import type { Field } from "./field.js";

/**
 * A point p of the camera (x right, y down, z forward, metres) lies at `rotation` p + `position` in the
 * scene.
 */
export interface Pose {
  readonly rotation: Mat3;
  /** Of the camera, metres. */
  readonly position: Vec3;
}

/** From the camera's coordinates to the scene's. */
export function motionOfPose({ rotation, position }: Pose): RigidMotion {
  return { rotation, translation: position };
}

const MIRROR: Mat3 = [-1, 0, 0, 0, 1, 0, 0, 0, 1];
/** From the axes of a camera turned one quarter counter-clockwise to those before: x is its -y, y its x. */
export const QUARTER: Mat3 = [0, -1, 0, 1, 0, 0, 0, 0, 1];

function turnedPose({ rotation, position }: Pose, quarters: number): Pose {
  if (quarters === 0) return { rotation, position };
  return turnedPose({ rotation: multiply3(rotation, QUARTER), position }, quarters - 1);
}

/**
 * Array `pose` [N,3,4], rows of [rotation | position]. A mirror image shows a mirrored scene; enlarging by s
 * shrinks the scene by s, as it divides depth.
 */
export const poseField: Field<Pose> = {
  kind: "pose",
  moved(pose, move) {
    const { rotation, position } = pose;
    switch (move.kind) {
      case "mirror":
        return {
          rotation: multiply3(MIRROR, multiply3(rotation, MIRROR)),
          position: apply3(MIRROR, position),
        };
      case "turn":
        return turnedPose(pose, move.quarters);
      case "cut":
        return pose;
      case "window":
      case "stretch":
        return { rotation, position: scale3(position, 1 / move.enlargement) };
    }
  },
  arrays: (count) => ({ "": [count, 3, 4] }),
  write({ rotation: r, position: p }, arrays, n) {
    const rows = [0, 1, 2].flatMap((row) => [r[3 * row], r[3 * row + 1], r[3 * row + 2], p[row]]);
    arrays[""].set(rows, n * 12);
  },
};

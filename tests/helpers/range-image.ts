/** @file What a LiDAR at some place measures of given points, worked out from the points alone. */
import { inverted, type RigidMotion } from "../../src/geometry/rigid.js";
import { add3, apply3, multiply3, rotationX, rotationY, rotationZ } from "../../src/geometry/rotation.js";

/** Roll, pitch and yaw (radians), x, y and z (metres). */
export type SixNumbers = readonly [number, number, number, number, number, number];

export const motionOf = ([roll, pitch, yaw, ...translation]: SixNumbers): RigidMotion => ({
  rotation: multiply3(rotationZ(yaw), multiply3(rotationY(pitch), rotationX(roll))),
  translation,
});

/** The 16 numbers of a matrix. */
export const rowsOf = ({ rotation: r, translation: t }: RigidMotion): number[] => [
  ...[r[0], r[1], r[2], t[0]],
  ...[r[3], r[4], r[5], t[1]],
  ...[r[6], r[7], r[8], t[2]],
  ...[0, 0, 0, 1],
];

export const moved = ({ rotation, translation }: RigidMotion, point: readonly [number, number, number]) =>
  add3(apply3(rotation, point), translation);

/** Range, inclination and column (of `columns`, with a fraction) of a point in the vehicle's coordinates. */
export function measured(
  point: readonly [number, number, number],
  toVehicle: RigidMotion,
  columns: number,
): { range: number; inclination: number; column: number } {
  const [x, y, z] = moved(inverted(toVehicle), point);
  const range = Math.hypot(x, y, z);
  // Where the beam points from the vehicle's forward axis, the laser being turned by its own yaw.
  const heading = Math.atan2(y, x) + Math.atan2(toVehicle.rotation[3], toVehicle.rotation[0]);
  // The first column looks back, the middle one ahead, and columns go clockwise.
  const turn = (Math.PI - heading) / (2 * Math.PI);
  return { range, inclination: Math.asin(z / range), column: columns * (turn - Math.floor(turn)) - 0.5 };
}

/**
 * @file Rigid motions: a point p moves to `rotation` p + `translation`; and rotations by three angles.
 */
import {
  add3,
  apply3,
  type Mat3,
  multiply3,
  rotationX,
  rotationY,
  rotationZ,
  scale3,
  transpose3,
  type Vec3,
} from "./rotation.js";

export interface RigidMotion {
  readonly rotation: Mat3;
  readonly translation: Vec3;
}

/** First `first`, then `second`. */
export function composed(second: RigidMotion, first: RigidMotion): RigidMotion {
  return {
    rotation: multiply3(second.rotation, first.rotation),
    translation: add3(apply3(second.rotation, first.translation), second.translation),
  };
}

export function inverted({ rotation, translation }: RigidMotion): RigidMotion {
  const back = transpose3(rotation);
  return { rotation: back, translation: scale3(apply3(back, translation), -1) };
}

/** Rx(a) Ry(b) Rz(c) of angles [a, b, c] in radians. */
export function rotationOfAngles([a, b, c]: Vec3): Mat3 {
  return multiply3(rotationX(a), multiply3(rotationY(b), rotationZ(c)));
}

/**
 * The angles [a, b, c] of a rotation Rx(a) Ry(b) Rz(c), radians: b within a quarter turn to either side, a
 * and c within a half.
 */
export function anglesOfRotation(m: Mat3): Vec3 {
  return [Math.atan2(-m[5], m[8]), Math.atan2(m[2], Math.hypot(m[5], m[8])), Math.atan2(-m[1], m[0])];
}

/** By how much a rotation turns, 0 to pi radians; exact for small angles too. */
export function turnOf(m: Mat3): number {
  const twiceSine = Math.hypot(m[7] - m[5], m[2] - m[6], m[3] - m[1]);
  return Math.atan2(twiceSine, m[0] + m[4] + m[8] - 1);
}

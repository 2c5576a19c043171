/**
 * @file Upright boxes: x forward, y left, z up, metres; they turn about the z axis alone, as road users do.
 */
import type { Vec3 } from "../rotation.js";

export interface UprightBox {
  readonly centre: Vec3;
  /** Length, width and height: along the box's forward, left and up axes. */
  readonly size: Vec3;
  /** From the x axis to the box's forward axis, counter-clockwise seen from above, radians. */
  readonly yaw: number;
}

/** The same angle in [-pi, pi). */
export function wrapAngle(angle: number): number {
  const turn = 2 * Math.PI;
  const wrapped = angle - turn * Math.floor((angle + Math.PI) / turn);
  // Rounding may leave an angle just below -pi at pi itself.
  return wrapped < Math.PI ? wrapped : wrapped - turn;
}

/** Whether the box is finite and each of its sizes is above 0. */
export function hasSize({ centre, size, yaw }: UprightBox): boolean {
  return [...centre, ...size, yaw].every(Number.isFinite) && Math.min(...size) > 0;
}

/** Whether a point lies in the box; its faces belong to it. */
export function boxContains(box: UprightBox, [x, y, z]: Vec3): boolean {
  const [dx, dy] = [x - box.centre[0], y - box.centre[1]];
  const [c, s] = [Math.cos(box.yaw), Math.sin(box.yaw)];
  const [length, width, height] = box.size;
  return (
    Math.abs(c * dx + s * dy) <= length / 2 &&
    Math.abs(c * dy - s * dx) <= width / 2 &&
    Math.abs(z - box.centre[2]) <= height / 2
  );
}

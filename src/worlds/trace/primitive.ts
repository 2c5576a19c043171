/**
 * @file The solids that scenes are made of. Every one is convex, so a ray that enters it from outside meets a
 * face that looks back.
 */
import { add3, apply3, type Mat3, type Vec3 } from "../../geometry/rotation.js";
import type { Material } from "../surface/material.js";

/**
 * `cone`: a frustum along local z with radius 1 at the bottom and `taper` at the top, so a cylinder where
 * taper is 1.
 */
export type Shape = "box" | "cone" | "ellipsoid";

export interface Primitive {
  readonly shape: Shape;
  /** World coordinates, metres, z up. */
  readonly centre: Vec3;
  /** Local -> world; its columns are the local axes. */
  readonly rotation: Mat3;
  /** Half sizes along the local axes, metres. */
  readonly half: Vec3;
  readonly taper: number;
  readonly classIndex: number;
  readonly instance: number;
  readonly material: Material;
  /** Where the texture starts, metres in local axes: lets neighbouring pieces of one wall share a pattern. */
  readonly textureOrigin: Vec3;
  /** Lamp shades and window panes let light through. */
  readonly blocksLight: boolean;
}

/** World -> unit solid, the upper three rows of a 4x4 matrix (12 numbers). */
export function unitTransform({ rotation: r, centre: c, half }: Primitive): number[] {
  const rows: number[] = [];
  for (let axis = 0; axis < 3; axis++) {
    const [x, y, z] = [r[axis] / half[axis], r[3 + axis] / half[axis], r[6 + axis] / half[axis]];
    rows.push(x, y, z, -(x * c[0] + y * c[1] + z * c[2]));
  }
  return rows;
}

/** Axis-aligned bounds in world coordinates, widened by `margin`: [minX, minY, minZ, maxX, maxY, maxZ]. */
export function bounds({ shape, rotation, centre, half, taper }: Primitive, margin = 0): number[] {
  const widest = shape === "cone" ? Math.max(1, taper) : 1;
  const size = [half[0] * widest, half[1] * widest, half[2]];
  const reach = [0, 1, 2].map(
    (row) =>
      Math.abs(rotation[3 * row]) * size[0] +
      Math.abs(rotation[3 * row + 1]) * size[1] +
      Math.abs(rotation[3 * row + 2]) * size[2] +
      margin,
  );
  return [...centre.map((value, i) => value - reach[i]), ...centre.map((value, i) => value + reach[i])];
}

/** A place for parts of an object: local coordinates with an origin and a rotation in the world. */
export interface Frame {
  readonly origin: Vec3;
  readonly rotation: Mat3;
}

/** Local point -> world point. */
export function toWorld(frame: Frame, point: Vec3): Vec3 {
  return add3(frame.origin, apply3(frame.rotation, point));
}

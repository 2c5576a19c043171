/**
 * @file The solids that scenes are made of. Every one is convex, so a ray that enters it from outside meets a
 * face that looks back.
 */
import { add3, apply3, type Mat3, type Vec3 } from "../../geometry/rotation.js";
import type { Material } from "../surface/material.js";

/**
 * `cone`: a frustum along local z with radius 1 at the bottom and `taper` at the top, so a cylinder where
 * taper is 1. `frustum`: a box whose top is `taper` times as long (local x) and `taperY` times as wide as its
 * bottom, shifted along x by `lean`: car bodies, gables, hoppers.
 */
export type Shape = "box" | "cone" | "ellipsoid" | "frustum";

export interface Primitive {
  readonly shape: Shape;
  /** World coordinates, metres, z up. */
  readonly centre: Vec3;
  /** Local -> world; its columns are the local axes. */
  readonly rotation: Mat3;
  /** Half sizes along the local axes, metres. */
  readonly half: Vec3;
  readonly taper: number;
  /** Of frustums; default 1. */
  readonly taperY?: number;
  /** Of frustums: where the middle of the top lies along local x, in half sizes; default 0. */
  readonly lean?: number;
  readonly classIndex: number;
  readonly instance: number;
  readonly material: Material;
  /** Where the texture starts, metres in local axes: lets neighbouring pieces of one wall share a pattern. */
  readonly textureOrigin: Vec3;
  /** Lamp shades and window panes let light through. */
  readonly blocksLight: boolean;
}

/** Writes world -> unit solid, the upper three rows of a 4x4 matrix (12 numbers), to `out` from `at` on. */
export function unitTransform(
  { rotation: r, centre: c, half }: Primitive,
  out: Float64Array,
  at: number,
): void {
  for (let axis = 0; axis < 3; axis++) {
    const x = r[axis] / half[axis];
    const y = r[3 + axis] / half[axis];
    const z = r[6 + axis] / half[axis];
    const row = at + 4 * axis;
    out[row] = x;
    out[row + 1] = y;
    out[row + 2] = z;
    out[row + 3] = -(x * c[0] + y * c[1] + z * c[2]);
  }
}

/** How far a primitive reaches along its local x and y, in half sizes. */
function widest({ shape, taper, taperY = 1, lean = 0 }: Primitive): [number, number] {
  if (shape === "cone") return [Math.max(1, taper), Math.max(1, taper)];
  return shape === "frustum" ? [Math.max(1, taper + Math.abs(lean)), Math.max(1, taperY)] : [1, 1];
}

/** Writes axis-aligned world bounds, minX, minY, minZ, maxX, maxY, maxZ, to `out` from `at` on. */
export function writeBounds(primitive: Primitive, out: Float64Array, at: number): void {
  const { rotation: r, centre, half } = primitive;
  const [wide, deep] = widest(primitive);
  for (let row = 0; row < 3; row++) {
    const reach =
      Math.abs(r[3 * row]) * (half[0] * wide) +
      Math.abs(r[3 * row + 1]) * (half[1] * deep) +
      Math.abs(r[3 * row + 2]) * half[2];
    out[at + row] = centre[row] - reach;
    out[at + row + 3] = centre[row] + reach;
  }
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

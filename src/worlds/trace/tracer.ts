/** @file Rays against solids, analytically: hits are exact to rounding, on curved surfaces too. */

import { buildHierarchy, type Hierarchy } from "./bvh.js";
import { enterBox, enterCone, enterEllipsoid, NEAR } from "./enter.js";
import { bounds, type Primitive, type Shape, unitTransform } from "./primitive.js";

const SHAPES: readonly Shape[] = ["box", "cone", "ellipsoid"];
const BOX = 0;
const CONE = 1;
/** A box along the world's axes: needs no transform, and most of a room is such boxes. */
const UPRIGHT = 3;

function isUpright({ shape, rotation }: Primitive): boolean {
  return shape === "box" && rotation.every((entry) => Math.abs(entry) < 1e-12 || Math.abs(entry) > 1 - 1e-12);
}

/**
 * Shoots rays at a fixed set of primitives. The result of the last ray lies in `distance` and `primitive`.
 */
export class Tracer {
  /** In units of the ray's direction. */
  distance = Infinity;
  /** Number of the primitive hit, or -1. */
  primitive = -1;
  readonly #hierarchy: Hierarchy;
  readonly #unit: Float64Array;
  readonly #shape: Uint8Array;
  /** Bounds, six numbers a primitive: what an upright box is hit by. */
  readonly #box: Float64Array;
  readonly #taper: Float64Array;
  readonly #blocks: Uint8Array;
  readonly #stack = new Int32Array(64);

  constructor(primitives: readonly Primitive[]) {
    this.#hierarchy = buildHierarchy(primitives.map((primitive) => bounds(primitive, 1e-6)));
    this.#unit = Float64Array.from(primitives.flatMap(unitTransform));
    this.#shape = Uint8Array.from(primitives, (primitive) =>
      isUpright(primitive) ? UPRIGHT : SHAPES.indexOf(primitive.shape),
    );
    this.#box = Float64Array.from(primitives.flatMap((primitive) => bounds(primitive)));
    this.#taper = Float64Array.from(primitives, (primitive) => primitive.taper);
    this.#blocks = Uint8Array.from(primitives, (primitive) => (primitive.blocksLight ? 1 : 0));
  }

  /** World -> unit solid, 12 numbers a primitive. */
  get unit(): Float64Array {
    return this.#unit;
  }

  /** The first surface along the ray before `limit`: true and `distance`, `primitive` set, or false. */
  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit = Infinity): boolean {
    return this.#shoot(ox, oy, oz, dx, dy, dz, limit, false);
  }

  /** Whether anything that blocks light lies before `limit`. */
  occluded(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit: number): boolean {
    return this.#shoot(ox, oy, oz, dx, dy, dz, limit, true);
  }

  #shoot(
    ox: number,
    oy: number,
    oz: number,
    dx: number,
    dy: number,
    dz: number,
    limit: number,
    any: boolean,
  ): boolean {
    const { bounds: box, links, order } = this.#hierarchy;
    const unit = this.#unit;
    const shape = this.#shape;
    const solid = this.#box;
    const stack = this.#stack;
    const ix = 1 / dx;
    const iy = 1 / dy;
    const iz = 1 / dz;
    let best = limit;
    let found = -1;
    let top = 0;
    stack[top++] = 0;
    while (top > 0) {
      const node = stack[--top];
      const b = 6 * node;
      const x0 = (box[b] - ox) * ix;
      const x1 = (box[b + 3] - ox) * ix;
      const y0 = (box[b + 1] - oy) * iy;
      const y1 = (box[b + 4] - oy) * iy;
      const z0 = (box[b + 2] - oz) * iz;
      const z1 = (box[b + 5] - oz) * iz;
      // Branches: Math.min and Math.max are slower here, and half of all time goes by in these lines.
      let near = x0;
      let far = x1;
      if (near > far) {
        near = x1;
        far = x0;
      }
      let low = y0;
      let high = y1;
      if (low > high) {
        low = y1;
        high = y0;
      }
      if (low > near) near = low;
      if (high < far) far = high;
      low = z0;
      high = z1;
      if (low > high) {
        low = z1;
        high = z0;
      }
      if (low > near) near = low;
      if (high < far) far = high;
      if (near > far || far < 0 || near > best) continue;
      const link = links[2 * node];
      if (link > 0) {
        const axis = links[2 * node + 1];
        const forward = axis === 0 ? dx > 0 : axis === 1 ? dy > 0 : dz > 0;
        // The nearer child is pushed last, so it is opened first.
        stack[top++] = forward ? link + 1 : link;
        stack[top++] = forward ? link : link + 1;
        continue;
      }
      const start = -1 - link;
      const end = start + links[2 * node + 1];
      for (let i = start; i < end; i++) {
        const item = order[i];
        if (any && this.#blocks[item] === 0) continue;
        const kind = shape[item];
        let t: number;
        if (kind === UPRIGHT) {
          const c = 6 * item;
          const ax = (solid[c] - ox) * ix;
          const bx = (solid[c + 3] - ox) * ix;
          const ay = (solid[c + 1] - oy) * iy;
          const by = (solid[c + 4] - oy) * iy;
          const az = (solid[c + 2] - oz) * iz;
          const bz = (solid[c + 5] - oz) * iz;
          t = Math.max(Math.min(ax, bx), Math.min(ay, by), Math.min(az, bz));
          if (!(t > NEAR) || t > Math.min(Math.max(ax, bx), Math.max(ay, by), Math.max(az, bz))) continue;
        } else {
          const m = 12 * item;
          const px = unit[m] * ox + unit[m + 1] * oy + unit[m + 2] * oz + unit[m + 3];
          const py = unit[m + 4] * ox + unit[m + 5] * oy + unit[m + 6] * oz + unit[m + 7];
          const pz = unit[m + 8] * ox + unit[m + 9] * oy + unit[m + 10] * oz + unit[m + 11];
          const qx = unit[m] * dx + unit[m + 1] * dy + unit[m + 2] * dz;
          const qy = unit[m + 4] * dx + unit[m + 5] * dy + unit[m + 6] * dz;
          const qz = unit[m + 8] * dx + unit[m + 9] * dy + unit[m + 10] * dz;
          if (kind === BOX) t = enterBox(px, py, pz, qx, qy, qz);
          else if (kind === CONE) t = enterCone(px, py, pz, qx, qy, qz, this.#taper[item]);
          else t = enterEllipsoid(px, py, pz, qx, qy, qz);
        }
        if (t < best) {
          if (any) return true;
          best = t;
          found = item;
        }
      }
    }
    this.distance = best;
    this.primitive = found;
    return found >= 0;
  }
}

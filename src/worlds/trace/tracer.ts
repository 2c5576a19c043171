/** @file Rays against solids, analytically: hits are exact to rounding, on curved surfaces too. */

import { buildHierarchy, type Hierarchy, type HierarchyBuild } from "./bvh.js";
import { enterBox, enterCone, enterEllipsoid, enterFrustum, NEAR } from "./enter.js";
import { type Primitive, type Shape, unitTransform, writeBounds } from "./primitive.js";
import type { RayTracer } from "./ray-tracer.js";

const SHAPES: readonly Shape[] = ["box", "cone", "ellipsoid", "frustum"];
const BOX = 0;
const CONE = 1;
const ELLIPSOID = 2;
/** Bounds are widened by this much, metres, against rounding. */
const MARGIN = 1e-6;
/** A box along the world's axes: needs no transform, and most of a room is such boxes. */
const UPRIGHT = 4;

function isUpright({ shape, rotation }: Primitive): boolean {
  return shape === "box" && rotation.every((entry) => Math.abs(entry) < 1e-12 || Math.abs(entry) > 1 - 1e-12);
}

/** Shoots rays at a fixed set of primitives. */
export class Tracer implements RayTracer {
  distance = Infinity;
  primitive = -1;
  readonly #hierarchy: Hierarchy;
  readonly #unit: Float64Array;
  readonly #shape: Uint8Array;
  /** Bounds, six numbers a primitive: what an upright box is hit by. */
  readonly #box: Float64Array;
  /** Three numbers a primitive: taper, taperY, lean. */
  readonly #taper: Float64Array;
  readonly #blocks: Uint8Array;
  readonly #stack = new Int32Array(64);

  /** @param build how the hierarchy is built; hits are the same but for ties. */
  constructor(primitives: readonly Primitive[], build: HierarchyBuild = "sweep") {
    const count = primitives.length;
    this.#shape = new Uint8Array(count);
    this.#unit = new Float64Array(12 * count);
    this.#box = new Float64Array(6 * count);
    this.#taper = new Float64Array(3 * count);
    primitives.forEach((primitive, i) => {
      const { taper, taperY = 1, lean = 0 } = primitive;
      this.#shape[i] = isUpright(primitive) ? UPRIGHT : SHAPES.indexOf(primitive.shape);
      unitTransform(primitive, this.#unit, 12 * i);
      writeBounds(primitive, this.#box, 6 * i);
      this.#taper.set([taper, taperY, lean], 3 * i);
    });
    const around = this.#box.map((value, i) => (i % 6 < 3 ? value - MARGIN : value + MARGIN));
    this.#hierarchy = buildHierarchy(around, build);
    this.#blocks = Uint8Array.from(primitives, (primitive) => (primitive.blocksLight ? 1 : 0));
  }

  get size(): number {
    return this.#shape.length;
  }

  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit = Infinity): boolean {
    return this.#shoot(ox, oy, oz, dx, dy, dz, limit, false);
  }

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
          else if (kind === CONE) t = enterCone(px, py, pz, qx, qy, qz, this.#taper[3 * item]);
          else if (kind === ELLIPSOID) t = enterEllipsoid(px, py, pz, qx, qy, qz);
          else {
            const of = this.#taper;
            const a = 3 * item;
            t = enterFrustum(px, py, pz, qx, qy, qz, of[a], of[a + 1], of[a + 2]);
          }
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

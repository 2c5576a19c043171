/**
 * @file Two sets of solids as one: what stands, in a hierarchy built once, and what moves, in one of its own.
 */
import type { RayTracer } from "./ray-tracer.js";

/** Primitives of the second tracer are numbered on from those of the first. */
export class JoinedTracer implements RayTracer {
  distance = Infinity;
  primitive = -1;
  readonly size: number;

  constructor(
    readonly first: RayTracer,
    readonly second: RayTracer,
  ) {
    this.size = first.size + second.size;
  }

  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit = Infinity): boolean {
    const { first, second } = this;
    this.primitive = -1;
    this.distance = limit;
    // What moves is less, and often near: it spares the ray much of what stands.
    if (second.closest(ox, oy, oz, dx, dy, dz, limit)) {
      this.distance = second.distance;
      this.primitive = first.size + second.primitive;
    }
    if (first.closest(ox, oy, oz, dx, dy, dz, this.distance)) {
      this.distance = first.distance;
      this.primitive = first.primitive;
    }
    return this.primitive >= 0;
  }

  occluded(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit: number): boolean {
    return (
      this.second.occluded(ox, oy, oz, dx, dy, dz, limit) ||
      this.first.occluded(ox, oy, oz, dx, dy, dz, limit)
    );
  }
}

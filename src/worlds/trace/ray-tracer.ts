/** @file What shoots rays at a scene, however the scene is held. */

/** The result of the last ray lies in `distance` and `primitive`. */
export interface RayTracer {
  /** In units of the ray's direction. */
  readonly distance: number;
  /** Number of the primitive hit, or -1. */
  readonly primitive: number;
  /** How many primitives there are. */
  readonly size: number;
  /** The first surface along the ray before `limit`: true and `distance`, `primitive` set, or false. */
  closest(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit?: number): boolean;
  /** Whether anything that blocks light lies before `limit`. */
  occluded(ox: number, oy: number, oz: number, dx: number, dy: number, dz: number, limit: number): boolean;
}

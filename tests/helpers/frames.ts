/** @file Geometry between two frames of a video, worked out from their labels alone. */
import { serialize } from "node:v8";
import { project, unproject } from "../../src/geometry/camera.js";
import { add3, apply3, multiply3, scale3, transpose3, type Vec3 } from "../../src/geometry/rotation.js";
import type { FrameMotion, RenderedSample } from "../../src/worlds/world.js";

/** Takes `count` frames of an endless video. */
export function take<T>(frames: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  for (const frame of frames) {
    taken.push(frame);
    if (taken.length === count) break;
  }
  return taken;
}

/** Whether two values are equal to the last bit. */
export function sameBits(a: unknown, b: unknown): boolean {
  return serialize(a).equals(serialize(b));
}

/** The motion of a frame of a video. */
export function motionOf({ motion }: RenderedSample): FrameMotion {
  if (motion === undefined) throw new Error("a frame without motion");
  return motion;
}

/** Where a pixel's point lies in the next frame: X' = R X + T + t by depth, poses and object motion. */
export function carried(
  now: RenderedSample,
  next: RenderedSample,
  pixel: number,
): { at: [number, number]; point: Vec3 } {
  const { width, height } = now.image;
  const area = width * height;
  const [before, after] = [now.pose!, next.pose!];
  const back = transpose3(after.rotation);
  const rotation = multiply3(back, before.rotation);
  const translation = apply3(back, add3(before.position, scale3(after.position, -1)));
  const depth = now.labels.depth.data[pixel];
  const own = unproject(pixel % width, Math.floor(pixel / width), depth, now.camera);
  const { data } = motionOf(now).motion;
  const residual: Vec3 = [data[pixel], data[area + pixel], data[2 * area + pixel]];
  const point = add3(add3(apply3(rotation, own), translation), residual);
  return { at: project(point, next.camera), point };
}

/** The four pixels around a place, and the weights of bilinear sampling there; undefined at the border. */
export function around(
  [x, y]: readonly [number, number],
  width: number,
  height: number,
): { pixels: number[]; weights: number[] } | undefined {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  if (x0 < 0 || y0 < 0 || x0 > width - 2 || y0 > height - 2) return undefined;
  const first = y0 * width + x0;
  const [u, v] = [x - x0, y - y0];
  return {
    pixels: [first, first + 1, first + width, first + width + 1],
    weights: [(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v],
  };
}

/** @file The road's course: a gently swinging line without an end, and places beside it. */
import type { Random } from "../../common/random.js";
import { rotationZ } from "../../geometry/rotation.js";
import type { Frame } from "../trace/primitive.js";

/** World x is the way along the road; its middle lies at y = swing sin(x / length + phase), metres. */
export interface Road {
  readonly swing: number;
  readonly length: number;
  readonly phase: number;
}

/** A random course; one in three is straight. */
export function drawRoad(random: Random): Road {
  const swing = random.uniform() < 0.35 ? 0 : random.uniform(2, 9);
  return { swing, length: random.uniform(70, 120), phase: random.uniform(0, 6.283) };
}

/** Direction of the road at `x`, radians from the world's x axis. */
export function headingAt({ swing, length, phase }: Road, x: number): number {
  return Math.atan((swing / length) * Math.cos(x / length + phase));
}

/** A place `left` metres to the left of the road's middle at `x`, turned by `yaw` from its direction. */
export function placeAt(road: Road, x: number, left: number, up = 0, yaw = 0): Frame {
  const heading = headingAt(road, x);
  const middle = road.swing * Math.sin(x / road.length + road.phase);
  return {
    origin: [x - left * Math.sin(heading), middle + left * Math.cos(heading), up],
    rotation: rotationZ(heading + yaw),
  };
}

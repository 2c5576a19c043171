/** @file A person with a camera who walks through a room, ten frames a second. */
import type { Random } from "../../common/random.js";
import { multiply3, rotationX, rotationZ, type Vec3 } from "../../geometry/rotation.js";
import type { View } from "../render/visibility.js";
import type { RayTracer } from "../trace/ray-tracer.js";

/** Nearer than this, metres, nobody walks on; nearer than twice this he slows down. */
const CLEARANCE = 0.5;
/** Half of a person's width, metres. */
const SHOULDER = 0.25;
/** Metres below the camera where the body is that must not bump into things. */
const CHEST = 0.35;

/** Metres of free way from a place in the level direction of a turn about z. */
function freeWay(tracer: RayTracer, [x, y, z]: Vec3, [dx, dy]: readonly [number, number]): number {
  let free = Infinity;
  for (const side of [-SHOULDER, 0, SHOULDER]) {
    for (const below of [0, CHEST]) {
      if (tracer.closest(x - side * dy, y + side * dx, z - below, dx, dy, 0)) {
        free = Math.min(free, tracer.distance);
      }
    }
  }
  return free;
}

/**
 * The views of a walk that starts at `start`, without an end: forward where the way is free, else turning
 * towards the freer side; the camera sways with the steps.
 */
export function* walk(start: View, tracer: RayTracer, random: Random): Generator<View, never> {
  const speed = random.uniform(0.03, 0.1);
  const drift = random.uniform(-0.02, 0.02);
  const stride = random.uniform(0.9, 1.2);
  let { position } = start;
  let yaw = 0;
  let side = 0;
  for (let frame = 0; ; frame++) {
    const phase = (2 * Math.PI * stride * frame) / 10;
    const turn = rotationZ(yaw);
    const nod = rotationX(0.006 * Math.sin(2 * phase));
    const roll = rotationZ(0.008 * Math.sin(phase));
    const rotation = multiply3(multiply3(multiply3(turn, start.rotation), nod), roll);
    const bob = 0.015 * (1 - Math.cos(2 * phase));
    const view = { ...start, position: [position[0], position[1], position[2] + bob] as Vec3, rotation };
    yield frame === 0 ? start : view;
    // Third column of the camera's rotation: where it looks.
    const ahead = multiply3(turn, start.rotation);
    const level = Math.hypot(ahead[2], ahead[5]) || 1;
    const [dx, dy] = [ahead[2] / level, ahead[5] / level];
    const free = freeWay(tracer, position, [dx, dy]);
    const step = speed * Math.min(1, Math.max(0, free / CLEARANCE - 1));
    position = [position[0] + step * dx, position[1] + step * dy, position[2]];
    if (free > 2 * CLEARANCE) side = 0;
    else if (side === 0)
      side = freeWay(tracer, position, [-dy, dx]) > freeWay(tracer, position, [dy, -dx]) ? 1 : -1;
    yaw += side === 0 ? drift : 0.06 * side;
  }
}

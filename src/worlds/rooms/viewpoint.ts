/** @file Where to stand and where to look, so that the picture shows something. */
import type { Random } from "../../common/random.js";
import type { PinholeCamera } from "../../geometry/camera.js";
import { type Mat3, multiply3, rotationX, rotationZ, type Vec3 } from "../../geometry/rotation.js";
import { pixelRay, type View } from "../render/visibility.js";
import type { RayTracer } from "../trace/ray-tracer.js";
import type { Room } from "./room.js";

/** Camera axes (x right, y down, z forward) of a camera that looks along world +y. */
const LEVEL: Mat3 = [1, 0, 0, 0, 0, 1, 0, -1, 0];
const TRIES = 40;
const PROBES = 9;

function candidate(room: Room, camera: PinholeCamera, random: Random): View {
  const { width, depth, height } = room;
  const position: Vec3 = [
    random.uniform(0.2, width - 0.2),
    random.uniform(0.2, depth - 0.2),
    random.uniform(0.9, Math.min(2.0, height - 0.3)),
  ];
  const target = [random.uniform(0, width), random.uniform(0, depth)];
  // World yaw that turns +y towards the target.
  const yaw = Math.atan2(position[0] - target[0], target[1] - position[1]);
  const pitch = Math.min(0.25, Math.max(-0.75, -0.18 + 0.2 * random.normal()));
  const roll = 0.035 * random.normal();
  const rotation = multiply3(multiply3(rotationZ(yaw), multiply3(rotationX(pitch), LEVEL)), rotationZ(roll));
  return { camera, position, rotation };
}

/** How much a view shows; below 0 where the camera stands inside something or has its nose against it. */
function score(room: Room, tracer: RayTracer, view: View, width: number, height: number): number {
  const [x, y, z] = view.position;
  const inside = room.taken.some(
    (item) =>
      z < item.top + 0.25 && x > item.x0 - 0.1 && x < item.x1 + 0.1 && y > item.y0 - 0.1 && y < item.y1 + 0.1,
  );
  if (inside) return -1;
  const ray = new Float64Array(3);
  const shares = new Map<number, number>();
  let near = 0;
  for (let row = 0; row < PROBES; row++) {
    for (let column = 0; column < PROBES; column++) {
      pixelRay(view, ((column + 0.5) / PROBES) * width - 0.5, ((row + 0.5) / PROBES) * height - 0.5, ray);
      if (!tracer.closest(x, y, z, ray[0], ray[1], ray[2])) return -1;
      if (tracer.distance < 0.7) near++;
      const { classIndex } = room.scene.primitives[tracer.primitive];
      shares.set(classIndex, (shares.get(classIndex) ?? 0) + 1);
    }
  }
  const count = PROBES * PROBES;
  if (near > 0.06 * count) return -1;
  return shares.size - 6 * Math.max(0, Math.max(...shares.values()) / count - 0.5);
}

/** A view that shows at least five classes where the room allows, else the best of the tried ones. */
export function chooseView(
  room: Room,
  tracer: RayTracer,
  camera: PinholeCamera,
  width: number,
  height: number,
  random: Random,
): View {
  const enough = 4 + random.integer(4);
  let best = { view: candidate(room, camera, random), value: -Infinity };
  for (let i = 0; i < TRIES && best.value < enough; i++) {
    const view = candidate(room, camera, random);
    const value = score(room, tracer, view, width, height);
    if (value > best.value) best = { view, value };
  }
  return best.view;
}

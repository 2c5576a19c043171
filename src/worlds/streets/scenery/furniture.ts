/** @file Lamps, traffic lights, signs. Local +x looks at the traffic, y away from the road. */
import type { Random } from "../../../common/random.js";
import { multiply3, rotationX, rotationY, type Vec3 } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import type { Rgb } from "../../surface/colour.js";
import { hsv } from "../../surface/colour.js";
import { TRAFFIC_LIGHT, TRAFFIC_SIGN } from "../classes.js";
import { solid, streetFinish } from "../finishes.js";
import type { Styling } from "../styling.js";

/** A street lamp, its arm over the road. */
export function addLamp(place: Placer, { metal, lampHeight }: Styling, lit: number): void {
  const reach = 0.22 * lampHeight;
  place.cylinder([0, 0, 0], 0.09, lampHeight, metal, { taper: 0.6 });
  place.bar([0, 0, lampHeight - 0.05], [0, -reach, lampHeight + 0.3], 0.05, metal, 0.8);
  place.box([0, -reach - 0.25, lampHeight + 0.3], [0.24, 0.7, 0.12], metal);
  place.box([0, -reach - 0.28, lampHeight + 0.22], [0.2, 0.5, 0.06], solid([0.9, 0.85, 0.7], 3 * lit));
}

const SIGNALS: readonly Rgb[] = [
  [0.9, 0.06, 0.03],
  [0.9, 0.55, 0.04],
  [0.05, 0.8, 0.35],
];

/** The housing of a traffic light around a point, with one of its lamps lit. */
function addSignal(pole: Placer, at: Vec3, { housing }: Styling, lamp: number): void {
  const place = pole.other(TRAFFIC_LIGHT, at);
  place.box([0, 0, 0], [0.24, 0.34, 1.02], housing);
  place.box([-0.1, 0, 0], [0.03, 0.5, 1.2], housing);
  SIGNALS.forEach((colour, i) => {
    const dark: Rgb = [0.15 * colour[0] + 0.02, 0.15 * colour[1] + 0.02, 0.15 * colour[2] + 0.02];
    const glow = i === lamp ? solid(colour, 1.6) : solid(dark);
    place.ellipsoid([0.11, 0, 0.32 * (1 - i)], [0.09, 0.25, 0.25], glow);
    place.box([0.2, 0, 0.32 * (1 - i) + 0.14], [0.18, 0.26, 0.03], housing);
  });
}

/** A traffic light at the kerb, perhaps with another one over the road on an arm of `reach` metres. */
export function addTrafficLight(pole: Placer, styling: Styling, lamp: number, reach: number): void {
  const high = reach > 0 ? 5.6 : 3.3;
  pole.cylinder([0, 0, 0], reach > 0 ? 0.11 : 0.07, high, styling.metal);
  addSignal(pole, [0.16, 0, 2.75], styling, lamp);
  if (reach === 0) return;
  pole.bar([0, 0, high - 0.1], [0, -reach, high + 0.1], 0.07, styling.metal, 0.7);
  addSignal(pole, [0.16, -reach + 0.3, high - 0.5], styling, lamp);
}

const FACING = rotationY(Math.PI / 2);

/** A plate on a sign's pole: a disc, a triangle, a square on its point, or a board; with a mark on it. */
function addPlate(place: Placer, random: Random, size: number): void {
  const rim = solid(
    hsv(random.pick([0, 0, 0.6, 0.62, 0.14, 0.35]), random.uniform(0.6, 0.95), random.uniform(0.45, 0.85)),
  );
  const paper = random.uniform() < 0.55 ? solid([0.72, 0.72, 0.7]) : rim;
  const mark = random.uniform() < 0.5 ? solid([0.03, 0.03, 0.03]) : solid([0.75, 0.75, 0.75]);
  const back = streetFinish(random, "metal");
  const kind = random.pick(["disc", "disc", "triangle", "square", "board", "board"]);
  if (kind === "disc") {
    place.cylinder([0, 0, -0.02], size, 0.04, rim, { turn: FACING });
    place.cylinder([0.012, 0, -0.02], 0.76 * size, 0.04, paper, { turn: FACING });
    place.cylinder([-0.02, 0, -0.015], 0.98 * size, 0.03, back, { turn: FACING });
    place.box([0.03, 0, 0], [0.03, 0.9 * size, 0.24 * size], mark, {
      turn: rotationX(random.pick([0, 0.785, 1.571])),
    });
  } else if (kind === "triangle") {
    const turn = rotationX(random.uniform() < 0.75 ? 0 : Math.PI);
    place.frustum([0, 0, 0], [0.04, 2.1 * size, 1.85 * size], rim, { taperY: 0.02, turn });
    place.frustum([0.012, 0, 0], [0.04, 1.45 * size, 1.25 * size], paper, { taperY: 0.02, turn });
    place.box([0.024, 0, -0.1 * size], [0.04, 0.14 * size, 0.5 * size], mark);
  } else if (kind === "square") {
    const turn = multiply3(rotationX(Math.PI / 4), rotationX(0));
    place.box([0, 0, 0], [0.04, 1.5 * size, 1.5 * size], paper, { turn });
    place.box([0.012, 0, 0], [0.04, 1.15 * size, 1.15 * size], rim, { turn });
  } else {
    const [wide, high] = [random.uniform(1.2, 3.4) * size, random.uniform(1, 2) * size];
    place.box([0, 0, 0], [0.05, wide, high], rim);
    place.box([0.01, 0, 0], [0.05, 0.9 * wide, 0.86 * high], paper);
    const lines = 1 + random.integer(3);
    for (let i = 0; i < lines; i++) {
      const z = (0.5 - (i + 1) / (lines + 1)) * high;
      place.box([0.02, 0.1 * wide, z], [0.05, random.uniform(0.35, 0.6) * wide, (0.3 * high) / lines], mark);
    }
    place.box([0.02, -0.33 * wide, 0], [0.05, 0.12 * wide, 0.5 * high], mark);
  }
}

/** One or two signs on a pole. */
export function addSigns(pole: Placer, random: Random, { metal }: Styling): void {
  const large = random.uniform() < 0.25;
  const high = random.uniform(2.3, 3.2);
  const size = large ? random.uniform(0.5, 0.75) : random.uniform(0.3, 0.42);
  pole.cylinder([0, 0, 0], 0.045, high + size, metal);
  addPlate(pole.other(TRAFFIC_SIGN, [0.07, 0, high], random.uniform(-0.15, 0.15)), random, size);
  if (large || random.uniform() < 0.6) return;
  addPlate(
    pole.other(TRAFFIC_SIGN, [0.07, 0, high - 2.2 * size], random.uniform(-0.1, 0.1)),
    random,
    0.9 * size,
  );
}

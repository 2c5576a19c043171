/** @file Bicycles and motorcycles, with or without a rider. */
import type { Random } from "../../../common/random.js";
import { rotationX, rotationY, type Vec3 } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import { type Body, makeBody } from "../../things.js";
import { BICYCLE, MOTORCYCLE } from "../classes.js";
import { rubber, solid, streetFinish } from "../finishes.js";
import { rider, type Seat } from "./people.js";

/** Corners of a bicycle's rim. */
const RIM = 8;

/** A spoked wheel: a ring of bars, a hub and some spokes, so that one can look through it. */
function openWheel(place: Placer, random: Random, x: number, radius: number): void {
  const tyre = rubber(random);
  const at = (i: number): Vec3 => {
    const angle = (2 * Math.PI * i) / RIM;
    return [x + radius * Math.sin(angle), 0, radius + 0.02 + radius * Math.cos(angle)];
  };
  for (let i = 0; i < RIM; i++) place.bar(at(i), at(i + 1), 0.028, tyre);
  const metal = streetFinish(random, "metal");
  for (let i = 0; i < RIM / 2; i += 2) place.bar(at(i + RIM / 2), at(i), 0.008, metal);
}

/** A bicycle, and where a rider sits on it. */
export function bicycle(random: Random): { body: Body; seat: Seat } {
  const radius = random.uniform(0.31, 0.35);
  const paint = streetFinish(random, "paint");
  const dark = rubber(random);
  const size = random.uniform(0.94, 1.05);
  const [back, front, up] = [-0.5 * size, 0.53 * size, radius + 0.02];
  const pedals: Vec3 = [-0.06, 0, up - 0.04];
  const saddle: Vec3 = [-0.24 * size, 0, 0.93 * size];
  const head: Vec3 = [0.36 * size, 0, 0.84 * size];
  const grip: Vec3 = [0.37 * size, 0.27, 1.03 * size];
  const body = makeBody(BICYCLE, (place) => {
    openWheel(place, random, back, radius);
    openWheel(place, random, front, radius);
    const post: Vec3 = [-0.2 * size, 0, 0.76 * size];
    const tubes: [Vec3, Vec3][] = [
      [pedals, saddle],
      [pedals, head],
      [post, head],
      [pedals, [back, 0, up]],
      [post, [back, 0, up]],
      [head, [front, 0, up]],
      [head, [grip[0] - 0.02, 0, grip[2]]],
    ];
    for (const [from, to] of tubes) place.bar(from, to, 0.024, paint);
    place.bar([grip[0], -grip[1], grip[2]], grip, 0.02, dark);
    place.ellipsoid([saddle[0], 0, saddle[2] + 0.02], [0.28, 0.16, 0.09], dark);
    place.bar([pedals[0], -0.14, pedals[2] + 0.1], [pedals[0], 0.14, pedals[2] - 0.1], 0.03, dark);
    if (random.uniform() < 0.35) {
      place.box([front - 0.05, 0, 0.9], [0.3, 0.34, 0.24], streetFinish(random, "fence", 0.3));
    }
    if (random.uniform() < 0.4) {
      place.box([back - 0.02, 0, 0.74], [0.4, 0.14, 0.03], dark);
    }
  });
  return { body, seat: { saddle, hand: grip, foot: [pedals[0] + 0.08, 0.13, pedals[2] - 0.16] } };
}

/** A motorcycle or scooter, and where a rider sits on it. */
export function motorcycle(random: Random, lit: number): { body: Body; seat: Seat } {
  const scooter = random.uniform() < 0.4;
  const radius = scooter ? 0.24 : 0.31;
  const paint = streetFinish(random, "paint");
  const metal = streetFinish(random, "metal");
  const dark = rubber(random);
  const [back, front] = scooter ? [-0.62, 0.66] : [-0.7, 0.76];
  const grip: Vec3 = [scooter ? 0.42 : 0.4, 0.34, scooter ? 1.04 : 1.05];
  const body = makeBody(MOTORCYCLE, (place) => {
    for (const x of [back, front]) {
      const turn = rotationX(Math.PI / 2);
      place.cylinder([x, 0, radius - 0.065], radius, 0.13, dark, { turn });
      place.cylinder([x, 0, radius - 0.075], 0.55 * radius, 0.15, metal, { turn });
      place.ellipsoid([x, 0, radius + 0.16], [2.1 * radius, 0.16, 0.36], paint);
    }
    place.bar([front, 0.09, radius], [grip[0] - 0.04, 0.09, grip[2]], 0.03, metal);
    place.bar([front, -0.09, radius], [grip[0] - 0.04, -0.09, grip[2]], 0.03, metal);
    place.bar([grip[0], -grip[1], grip[2]], grip, 0.025, dark);
    place.ellipsoid([-0.3, 0, 0.76], [0.75, 0.3, 0.18], dark);
    if (scooter) {
      place.box([0.02, 0, 0.3], [0.55, 0.34, 0.1], paint);
      place.ellipsoid([-0.42, 0, 0.56], [0.75, 0.4, 0.4], paint);
      place.box([0.42, 0, 0.66], [0.08, 0.4, 0.62], paint, { turn: rotationY(0.25) });
    } else {
      place.ellipsoid([0.14, 0, 0.84], [0.6, 0.32, 0.32], paint);
      place.box([0, 0, 0.48], [0.5, 0.3, 0.4], metal);
      place.ellipsoid([-0.72, 0, 0.78], [0.4, 0.22, 0.2], paint);
      place.bar([0.1, -0.17, 0.3], [-0.75, -0.2, 0.42], 0.055, metal);
    }
    place.ellipsoid(
      [grip[0] + 0.1, 0, grip[2] - 0.14],
      [0.2, 0.2, 0.2],
      solid([0.9, 0.9, 0.85], 0.5 + 2 * lit),
    );
    place.box([back - 0.2, 0, 0.72], [0.06, 0.18, 0.1], solid([0.5, 0.03, 0.02], lit));
    for (const side of [-1, 1])
      place.bar([grip[0], side * 0.3, grip[2]], [grip[0], side * 0.36, grip[2] + 0.16], 0.02, dark);
  });
  return { body, seat: { saddle: [-0.26, 0, 0.84], hand: grip, foot: [scooter ? 0.2 : 0.02, 0.19, 0.3] } };
}

/** A cycle with its rider: two bodies that share one place. */
export function ridden(random: Random, lit: number, kind: "bicycle" | "motorcycle"): Body[] {
  const { body, seat } = kind === "bicycle" ? bicycle(random) : motorcycle(random, lit);
  const helmet = kind === "motorcycle" || random.uniform() < 0.5;
  return [body, rider(random, seat, helmet)];
}

/** @file People: on foot, and on cycles. */
import type { Random } from "../../../common/random.js";
import { rotationY, type Vec3 } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import { hsv } from "../../surface/colour.js";
import { type Body, makeBody } from "../../things.js";
import { PERSON, RIDER } from "../classes.js";
import { rubber, solid, streetFinish } from "../finishes.js";

const skinOf = (random: Random) =>
  solid(hsv(random.uniform(0.03, 0.09), random.uniform(0.25, 0.6), random.uniform(0.3, 0.92)));
const hairOf = (random: Random) =>
  solid(hsv(random.uniform(0.02, 0.12), random.uniform(0, 0.6), random.uniform(0.06, 0.6)));

/** A head with hair, a cap or a helmet, its chin at `neck`. */
function addHead(place: Placer, random: Random, neck: Vec3, size: number, helmet: boolean): void {
  const [x, y, z] = neck;
  const skin = skinOf(random);
  place.bar([x - 0.01, y, z - 0.05 * size], [x, y, z + 0.06 * size], 0.055 * size, skin);
  place.ellipsoid([x + 0.01, y, z + 0.15 * size], [0.19 * size, 0.16 * size, 0.24 * size], skin);
  const cover = helmet || random.uniform() < 0.2 ? streetFinish(random, "clothes") : hairOf(random);
  const long = !helmet && random.uniform() < 0.4;
  place.ellipsoid(
    [x - 0.025 * size, y, z + (long ? 0.13 : 0.2) * size],
    [0.21 * size, (helmet ? 0.23 : 0.185) * size, (long ? 0.32 : 0.19) * size],
    cover,
  );
}

/** A person who stands, or is caught in a step. */
export function pedestrian(random: Random, walking: boolean): Body {
  const child = random.uniform() < 0.12;
  const height = child ? random.uniform(1.05, 1.45) : random.uniform(1.55, 1.92);
  const size = height / 1.75;
  const broad = random.uniform(0.85, 1.2) * size;
  const top = streetFinish(random, "clothes", 0.4);
  const trousers = streetFinish(random, "clothes", 0.4);
  const shoe = rubber(random);
  const skin = skinOf(random);
  const hip = 0.86 * size;
  const shoulder = 1.44 * size;
  const reach = walking ? random.uniform(0.14, 0.3) * size : random.uniform(0, 0.05);
  const ahead = random.uniform() < 0.5 ? 1 : -1;
  return makeBody(PERSON, (place) => {
    for (const side of [-1, 1]) {
      const step = side * ahead * reach;
      const y = side * 0.09 * broad;
      place.bar([step, y, 0.07 * size], [0.5 * step + 0.03, y, 0.48 * size], 0.055 * broad, trousers, 1.3);
      place.bar([0.5 * step + 0.03, y, 0.45 * size], [0, y, hip], 0.072 * broad, trousers, 1.25);
      place.box([step + 0.05 * size, y, 0.04 * size], [0.26 * size, 0.1 * size, 0.08 * size], shoe);
      const swing = -0.75 * step;
      const elbow: Vec3 = [0.4 * swing, side * 0.25 * broad, 1.12 * size];
      place.bar([0, side * 0.2 * broad, shoulder], elbow, 0.055 * broad, top, 0.85);
      place.bar(elbow, [swing + 0.08, side * 0.24 * broad, 0.86 * size], 0.045 * broad, top, 0.85);
      place.ellipsoid([swing + 0.09, side * 0.24 * broad, 0.82 * size], [0.1, 0.06, 0.13], skin);
    }
    const coat = random.uniform() < 0.35 ? random.uniform(0.25, 0.55) * size : 0;
    const bottom = hip - 0.05 - coat;
    place.frustum([0, 0, (shoulder + bottom) / 2], [0.23 * broad, 0.32 * broad, shoulder - bottom], top, {
      taper: 0.95,
      taperY: coat > 0 ? 1.05 : 1.25,
    });
    place.ellipsoid([0, 0, shoulder], [0.22 * broad, 0.44 * broad, 0.16 * size], top);
    addHead(place, random, [0.01, 0, shoulder + 0.07 * size], size, false);
    const luggage = random.pick(["none", "none", "rucksack", "bag"]);
    if (luggage === "rucksack") {
      place.box([-0.17 * broad, 0, 1.22 * size], [0.16, 0.28, 0.4 * size], streetFinish(random, "clothes"));
    } else if (luggage === "bag") {
      const bag = streetFinish(random, "clothes");
      place.box([0, 0.3 * broad, 0.72 * size], [0.3, 0.1, 0.26], bag, { turn: rotationY(0.1) });
    }
  });
}

/** Where a rider touches the cycle; coordinates of the cycle. */
export interface Seat {
  readonly saddle: Vec3;
  /** One hand and one foot; the others are mirrored. */
  readonly hand: Vec3;
  readonly foot: Vec3;
}

/** A rider on a cycle, in the cycle's coordinates. */
export function rider(random: Random, { saddle, hand, foot }: Seat, helmet: boolean): Body {
  const size = random.uniform(0.92, 1.06);
  const top = streetFinish(random, "clothes", 0.4);
  const trousers = streetFinish(random, "clothes", 0.4);
  const shoe = rubber(random);
  const skin = skinOf(random);
  const lean = 0.35 * (hand[0] - saddle[0]);
  const shoulder: Vec3 = [saddle[0] + lean, 0, saddle[2] + 0.52 * size];
  return makeBody(RIDER, (place) => {
    for (const side of [-1, 1]) {
      const turned = side > 0 ? foot : ([foot[0] - 0.12, foot[1], foot[2] + 0.22] as Vec3);
      const ankle: Vec3 = [turned[0], side * turned[1], turned[2] + 0.06];
      const hip: Vec3 = [saddle[0], side * 0.09, saddle[2] + 0.05];
      const knee: Vec3 = [(ankle[0] + hip[0]) / 2 + 0.2, side * 0.13, (ankle[2] + hip[2]) / 2 + 0.1];
      place.bar(hip, knee, 0.08 * size, trousers, 0.8);
      place.bar(knee, ankle, 0.062 * size, trousers, 0.75);
      place.box([ankle[0] + 0.05, ankle[1], ankle[2] - 0.04], [0.25, 0.09, 0.08], shoe);
      const arm: Vec3 = [shoulder[0], side * 0.2, shoulder[2] - 0.03];
      const palm: Vec3 = [hand[0], side * hand[1], hand[2]];
      const elbow: Vec3 = [(arm[0] + palm[0]) / 2, side * 0.27, (arm[2] + palm[2]) / 2 - 0.06];
      place.bar(arm, elbow, 0.052 * size, top, 0.85);
      place.bar(elbow, palm, 0.045 * size, top, 0.85);
      place.ellipsoid(palm, [0.11, 0.07, 0.08], skin);
    }
    place.bar([saddle[0], 0, saddle[2] + 0.02], shoulder, 0.16 * size, top, 1.15);
    place.ellipsoid(shoulder, [0.24, 0.44, 0.18], top);
    addHead(place, random, [shoulder[0] + 0.05, 0, shoulder[2] + 0.08], size, helmet);
    if (random.uniform() < 0.3) {
      place.box(
        [shoulder[0] - 0.28, 0, shoulder[2] - 0.22],
        [0.18, 0.3, 0.42],
        streetFinish(random, "clothes"),
      );
    }
  });
}

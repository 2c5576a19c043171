/** @file Cars: saloons, hatchbacks, estates, off-road cars, vans. */
import type { Random } from "../../../common/random.js";
import { rotationX } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import type { Material } from "../../surface/material.js";
import { type Body, makeBody } from "../../things.js";
import { weighted } from "../../weighted.js";
import { CAR } from "../classes.js";
import { glass, rubber, solid, streetFinish } from "../finishes.js";

interface Shape {
  readonly length: readonly [number, number];
  readonly width: readonly [number, number];
  readonly height: readonly [number, number];
  /** Top of the body over the whole height. */
  readonly belt: number;
  /** Of the cabin at the belt: its length and the place of its middle, over the car's length. */
  readonly cabin: readonly [number, number];
  /** Length of the roof over that of the cabin, and how far it is shifted back, in half cabins. */
  readonly roof: readonly [number, number];
}

const shapes = {
  saloon: {
    ...{ length: [4.4, 4.95], width: [1.75, 1.9], height: [1.4, 1.5] },
    ...{ belt: 0.62, cabin: [0.6, -0.06], roof: [0.56, -0.05] },
  },
  hatchback: {
    ...{ length: [3.6, 4.3], width: [1.68, 1.82], height: [1.44, 1.56] },
    ...{ belt: 0.6, cabin: [0.72, -0.12], roof: [0.68, -0.12] },
  },
  estate: {
    ...{ length: [4.5, 4.95], width: [1.78, 1.9], height: [1.44, 1.55] },
    ...{ belt: 0.61, cabin: [0.74, -0.12], roof: [0.74, -0.14] },
  },
  offroad: {
    ...{ length: [4.2, 4.9], width: [1.82, 2], height: [1.62, 1.85] },
    ...{ belt: 0.6, cabin: [0.7, -0.13], roof: [0.76, -0.12] },
  },
  van: {
    ...{ length: [4.5, 5.3], width: [1.85, 2.02], height: [1.85, 2.15] },
    ...{ belt: 0.55, cabin: [0.86, -0.06], roof: [0.8, -0.16] },
  },
} satisfies Record<string, Shape>;

/** Four wheels with hubs. */
export function addWheels(
  place: Placer,
  random: Random,
  xs: readonly number[],
  halfWidth: number,
  radius: number,
  hub: Material,
): void {
  const tyre = rubber(random);
  const turn = rotationX(Math.PI / 2);
  for (const x of xs) {
    for (const side of [-1, 1]) {
      const y = side * (halfWidth - 0.11);
      place.cylinder([x, y, radius - 0.11], radius, 0.22, tyre, { turn });
      place.cylinder([x, side * (halfWidth + 0.005), radius - 0.01], 0.62 * radius, 0.02, hub, { turn });
    }
  }
}

/** Head lights, tail lights and number plates of a vehicle of that size. */
export function addLights(
  place: Placer,
  random: Random,
  { length, width, height }: { length: number; width: number; height: number },
  lit: number,
): void {
  const front = solid([0.9, 0.9, 0.85], lit * random.uniform(1.5, 3));
  const back = solid([0.5, 0.025, 0.02], lit * random.uniform(1, 2.5));
  const [wide, high] = [random.uniform(0.28, 0.42), random.uniform(0.1, 0.18)];
  const upright = random.uniform() < 0.4;
  for (const side of [-1, 1]) {
    place.box([length / 2 - 0.03, side * (width / 2 - 0.06 - wide / 2), height], [0.08, wide, high], front);
    const size: [number, number, number] = upright ? [0.08, high, wide] : [0.08, wide, high];
    place.box([-length / 2 + 0.03, side * (width / 2 - 0.05 - size[1] / 2), height + 0.06], size, back);
  }
  const plate = solid([0.75, 0.75, random.uniform() < 0.3 ? 0.2 : 0.72]);
  for (const x of [-1, 1]) place.box([(x * length) / 2, 0, 0.62 * height], [0.06, 0.5, 0.12], plate);
}

/** A car; its lamps shine with `lit`. */
export function car(random: Random, lit: number): Body {
  const kind = weighted(random, { saloon: 3, hatchback: 3.5, estate: 2, offroad: 2, van: 1.2 });
  const shape: Shape = shapes[kind];
  const length = random.uniform(...shape.length);
  const width = random.uniform(...shape.width);
  const height = random.uniform(...shape.height);
  const belt = shape.belt * height;
  const paint = streetFinish(random, "paint");
  const panes = glass(random);
  const dark = rubber(random);
  return makeBody(CAR, (place) => {
    const low = 0.2;
    const bodyHeight = belt - low;
    place.frustum([0, 0, low + 0.55 * bodyHeight * 0.5], [length, width, 0.55 * bodyHeight], paint, {
      taper: 1,
      taperY: 1.02,
    });
    place.frustum(
      [0, 0, low + 0.775 * bodyHeight],
      [length * 0.995, width * 1.02, 0.45 * bodyHeight],
      paint,
      {
        taper: 0.94,
        taperY: 0.9,
      },
    );
    place.box([0, 0, low + 0.02], [length * 0.96, width * 0.96, 0.16], dark);
    const cabinHeight = height - belt;
    const cabinLength = shape.cabin[0] * length;
    const [taper, lean] = shape.roof;
    const middle = shape.cabin[1] * length;
    const wide = width * 0.9;
    const up = belt + cabinHeight / 2;
    place.frustum([middle, 0, up], [cabinLength, wide, cabinHeight], panes, { taper, taperY: 0.82, lean });
    // Pillars between the windows, and at the corners of the roof.
    const pillars = kind === "hatchback" || kind === "saloon" ? [-0.03] : [-0.03, -0.3];
    for (const at of pillars) {
      place.frustum([middle + at * cabinLength, 0, up], [0.1, wide * 1.012, cabinHeight], paint, {
        taperY: 0.82,
      });
    }
    const roofX = middle + (lean * cabinLength) / 2;
    place.frustum([roofX, 0, height - 0.025], [cabinLength * taper * 1.04, wide * 0.85, 0.09], paint, {
      taper: 0.94,
      taperY: 0.92,
    });
    const radius = 0.185 * height + 0.035;
    const hub = streetFinish(random, "metal");
    addWheels(place, random, [0.315 * length, -0.295 * length], width / 2 + 0.01, radius, hub);
    addLights(place, random, { length, width, height: 0.78 * belt }, lit);
    place.box([length / 2, 0, 0.52 * belt], [0.03, width * 0.6, 0.14], dark);
    place.box(
      [-length / 2, 0, 0.38 * belt],
      [0.05, width * 0.92, 0.14],
      random.uniform() < 0.4 ? dark : paint,
    );
    for (const side of [-1, 1]) {
      place.box(
        [middle + 0.36 * cabinLength, side * (width / 2 + 0.07), belt + 0.06],
        [0.12, 0.18, 0.14],
        paint,
      );
    }
  });
}

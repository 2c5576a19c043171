/** @file Crossings: a side street, zebra stripes, traffic lights, who waits there. */
import { Placer } from "../../scene.js";
import { hash } from "../../surface/noise.js";
import { BUILDING, POLE, ROAD, SIDEWALK, VEGETATION } from "../classes.js";
import { beside, CHUNK, type Plot, park } from "../plot.js";
import { sideOf } from "../profile.js";
import { placeAt } from "../road.js";
import type { Street } from "../street.js";
import { car } from "../vehicles/car.js";
import { truck } from "../vehicles/heavy.js";
import { addBuilding } from "./buildings.js";
import { addTrafficLight } from "./furniture.js";
import { addTree } from "./greenery.js";
import { strip, WALK_HEIGHT } from "./ground.js";

export interface Crossing {
  /** Middle of the side street along the road, and its width. */
  readonly middle: number;
  readonly width: number;
  /** Where the pavements of the road are interrupted. */
  readonly from: number;
  readonly to: number;
}

/** Width of the side street's pavements, metres, and how far it is built. */
const WALK = 2.6;
const FAR = 90;

/** The crossing on a chunk, where it has one: never on two chunks in a row. */
export function crossingOf({ seed }: Street, index: number): Crossing | undefined {
  if (index % 2 === 0 || hash(index, 1, seed) > 0.5) return undefined;
  const middle = (index + 0.5) * CHUNK;
  const width = 6 + 4 * hash(index, 2, seed);
  return { middle, width, from: middle - width / 2, to: middle + width / 2 };
}

function zebra(plot: Plot, x: number, instance: number): void {
  const { left, right } = plot.profile;
  for (let y = -right.kerb + 0.4; y < left.kerb - 0.4; y += 1) {
    strip(plot, [x - 1.5, x + 1.5], [y, y + 0.5], 0.0014, plot.styling.marking, ROAD, instance);
  }
}

/** The side street beyond the kerb: lanes, pavements, houses and trees along it. */
function sideStreet(plot: Plot, { middle, width }: Crossing, side: 1 | -1): void {
  const { random, styling, weather, profile } = plot;
  const { front } = sideOf(profile, side);
  const length = FAR - front;
  for (const end of [-1, 1]) {
    const x = middle + end * (width / 2 + WALK / 2);
    const place = beside(plot, SIDEWALK, x, side, front);
    place.box([0, length / 2, WALK_HEIGHT - 0.21], [WALK, length, 0.4], styling.pavement);
    for (let out = front + 15; out < 70; out += 15) {
      const lot = beside(plot, BUILDING, middle + end * (width / 2 + WALK + 0.2), side, out);
      // Its front looks at the side street.
      const turned = lot.inside([0, 0, 0], (side * end > 0 ? -1 : 1) * (Math.PI / 2));
      if (random.uniform() < 0.65) {
        addBuilding(turned, random, 13, 1 + random.integer(styling.storeys[1]), weather.lit);
      } else {
        const at = middle + end * (width / 2 + WALK + 2);
        addTree(beside(plot, VEGETATION, at, side, out), random, random.uniform(6, 11));
      }
    }
  }
  const waiting = random.integer(3);
  for (let i = 0; i < waiting; i++) {
    const lane = side * -0.25 * width;
    const out = front + 3.5 + 7 * i;
    const body = random.uniform() < 0.85 ? car(random, weather.lit) : truck(random, weather.lit);
    park(plot, body, placeAt(plot.road, middle + lane, side * out, -0.004, -side * (Math.PI / 2)));
  }
}

/** Builds a crossing. */
export function addCrossing(plot: Plot, crossing: Crossing): void {
  const { random, styling, profile, road, scene } = plot;
  const { middle, width } = crossing;
  const street = new Placer(scene, placeAt(road, middle, 0), ROAD, scene.instances++);
  street.box([0, 0, -0.204], [width, 2 * FAR, 0.4], styling.road, { textureOrigin: [middle, 0, 0] });
  const paint = scene.instances++;
  const lamp = random.integer(3);
  const signals = random.uniform() < 0.75;
  const arms = random.uniform() < 0.45;
  for (const side of [1, -1] as const) {
    sideStreet(plot, crossing, side);
    // The right side comes to the crossing from below, the left one from beyond.
    const before = middle + side * (width / 2 + 2.6);
    zebra(plot, before, paint);
    const { kerb, lanes } = sideOf(profile, side);
    const stop: [number, number] = side > 0 ? [0.1, lanes] : [-lanes, -0.1];
    const line = before + side * 2.6;
    strip(plot, [line - 0.2, line + 0.2], stop, 0.0012, styling.marking, ROAD, paint);
    if (!signals) continue;
    const pole = beside(plot, POLE, before + side * 1.9, side, kerb + 0.5);
    addTrafficLight(pole, styling, lamp, arms ? kerb - 0.4 * lanes : 0);
    // Those of the other end of the crossing look the same way.
    const far = beside(plot, POLE, middle - side * (width / 2 + 1), side, kerb + 0.5);
    addTrafficLight(far, styling, lamp, 0);
  }
}

/** @file What all of one street shares: its surfaces, its lamps, how dense it is. */
import type { Random } from "../../common/random.js";
import type { Material } from "../surface/material.js";
import { type Weights, weighted } from "../weighted.js";
import { solid, streetFinish } from "./finishes.js";

/** What stands on a lot. */
export type LotKind = "building" | "house" | "park" | "walled" | "fenced" | "hedged";

const districts: Record<
  string,
  { weight: number; lots: Weights<LotKind>; storeys: readonly [number, number] }
> = {
  centre: { weight: 3, lots: { building: 9, park: 0.8, walled: 0.6, fenced: 0.4 }, storeys: [3, 7] },
  town: {
    weight: 3,
    lots: { building: 4, house: 2, park: 1.2, walled: 1.4, fenced: 1.2, hedged: 0.6 },
    storeys: [2, 5],
  },
  suburb: {
    weight: 2.5,
    lots: { house: 5, park: 1.5, hedged: 1.5, fenced: 2, walled: 1.2 },
    storeys: [1, 3],
  },
  outskirts: { weight: 1.5, lots: { park: 4, building: 1.5, fenced: 1.5, walled: 1.5 }, storeys: [2, 9] },
};

export interface Styling {
  readonly lots: Weights<LotKind>;
  readonly storeys: readonly [number, number];
  readonly road: Material;
  readonly parking: Material;
  readonly pavement: Material;
  readonly kerb: Material;
  readonly grass: Material;
  readonly marking: Material;
  readonly metal: Material;
  readonly housing: Material;
  readonly lampHeight: number;
  /** Metres from lamp to lamp. */
  readonly lampEvery: number;
  /** Share of parking bays that are taken, and how many people are about. */
  readonly busyness: number;
}

/** A random styling. */
export function drawStyling(random: Random): Styling {
  const weights = Object.fromEntries(Object.entries(districts).map(([name, { weight }]) => [name, weight]));
  const { lots, storeys } = districts[weighted(random, weights)];
  const road = streetFinish(random, "road");
  const wear = random.uniform(0.4, 0.85);
  return {
    lots,
    storeys,
    road,
    parking: random.uniform() < 0.5 ? road : streetFinish(random, "pavement"),
    pavement: streetFinish(random, "pavement"),
    kerb: streetFinish(random, "metal"),
    grass: streetFinish(random, "grass"),
    marking: solid([wear, wear, wear * random.uniform(0.75, 1)]),
    metal: streetFinish(random, "metal"),
    housing: random.uniform() < 0.6 ? solid([0.03, 0.035, 0.03]) : streetFinish(random, "paint"),
    lampHeight: random.uniform(4.5, 8.5),
    lampEvery: random.uniform(18, 38),
    busyness: random.uniform(0.15, 0.9),
  };
}

/** @file Vehicles that stand: in parking bays, on the pavement, in side streets. */
import type { Random } from "../../common/random.js";
import type { Body } from "../things.js";
import { type Weights, weighted } from "../weighted.js";
import { type Plot, park } from "./plot.js";
import { sideOf } from "./profile.js";
import { placeAt } from "./road.js";
import { WALK_HEIGHT } from "./scenery/ground.js";
import { car } from "./vehicles/car.js";
import { bicycle, motorcycle } from "./vehicles/cycles.js";
import { bus, truck } from "./vehicles/heavy.js";

type Kind = "car" | "truck" | "bus" | "motorcycle";
const PARKED: Weights<Kind> = { car: 12, truck: 0.8, bus: 0.3, motorcycle: 0.7 };

const makers: Record<Kind, (random: Random, lit: number) => Body> = {
  car,
  truck,
  bus,
  motorcycle: (random, lit) => motorcycle(random, lit).body,
};

/** Vehicles in the bays of a side, in the direction of its traffic, and cycles on its pavement. */
export function parkAlong(plot: Plot, [x0, x1]: readonly [number, number], side: 1 | -1): void {
  const { random, profile, road, styling } = plot;
  const { cycle, kerb } = sideOf(profile, side);
  const middle = (cycle + kerb) / 2;
  const ahead = side > 0 ? Math.PI : 0;
  let x = x0 + random.uniform(0, 5);
  while (x < x1) {
    const taken = random.uniform() < styling.busyness;
    const body = makers[weighted(random, PARKED)](random, 0);
    const [length] = body.size;
    if (taken && x + length < x1) {
      const left = side * (middle + random.uniform(-0.12, 0.12));
      park(plot, body, placeAt(road, x + length / 2, left, 0, ahead + random.uniform(-0.03, 0.03)));
    }
    x += length + random.uniform(0.7, 2);
  }
  for (let i = random.integer(3) - 1; i > 0; i--) {
    const at = random.uniform(x0 + 1, x1 - 2);
    for (let n = random.integer(3); n >= 0; n--) {
      const { body } = bicycle(random);
      const left = side * (kerb + 0.9);
      park(
        plot,
        body,
        placeAt(road, at + 0.6 * n, left, WALK_HEIGHT - 0.01, Math.PI / 2 + random.uniform(-0.2, 0.2)),
      );
    }
  }
}

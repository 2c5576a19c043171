/** @file Forty metres of street: ground, lots, furniture, parked vehicles, people who stand about. */
import { Random } from "../../common/random.js";
import { emptyScene } from "../scene.js";
import type { Thing } from "../things.js";
import type { Primitive } from "../trace/primitive.js";
import { POLE, VEGETATION } from "./classes.js";
import { parkAlong } from "./parking.js";
import { beside, CHUNK, type Plot, park } from "./plot.js";
import { sideOf } from "./profile.js";
import { placeAt } from "./road.js";
import { addCrossing, crossingOf } from "./scenery/crossing.js";
import { addLamp, addSigns } from "./scenery/furniture.js";
import { addTree } from "./scenery/greenery.js";
import { layRoad, layWalk, WALK_HEIGHT } from "./scenery/ground.js";
import { addBackdrop, fillLots } from "./scenery/lots.js";
import type { Street } from "./street.js";
import { pedestrian } from "./vehicles/people.js";

/** What stands on a chunk; instances count from 0. */
export interface Chunk {
  readonly primitives: readonly Primitive[];
  /** Bodies that could move, among the primitives already. */
  readonly things: readonly Thing[];
  readonly instances: number;
}

/** Lamps, trees of an avenue and signs along the kerb. */
function furnish(plot: Plot, span: readonly [number, number], side: 1 | -1): void {
  const { random, profile, styling, weather } = plot;
  const { kerb } = sideOf(profile, side);
  const [x0, x1] = span;
  const shift = side > 0 ? 0 : styling.lampEvery / 2;
  for (let n = Math.ceil((x0 - shift) / styling.lampEvery); n * styling.lampEvery + shift < x1; n++) {
    addLamp(beside(plot, POLE, n * styling.lampEvery + shift, side, kerb + 0.45), styling, weather.lit);
  }
  if (profile.avenue) {
    for (let x = Math.ceil(x0 / 11) * 11 + 4; x < x1 - 2; x += 11) {
      addTree(beside(plot, VEGETATION, x, side, kerb + 0.8), random, random.uniform(4.5, 8));
    }
  }
  for (let i = random.integer(3); i > 0; i--) {
    const x = random.uniform(x0 + 1, x1 - 1);
    addSigns(beside(plot, POLE, x, side, kerb + 0.4), random, styling);
  }
}

/** People who wait or talk. */
function bystanders(plot: Plot, [x0, x1]: readonly [number, number], side: 1 | -1): void {
  const { random, profile, road, styling } = plot;
  const { kerb, walk } = sideOf(profile, side);
  for (let i = random.integer(1 + Math.round(4 * styling.busyness)); i > 0; i--) {
    const x = random.uniform(x0, x1);
    const left = side * random.uniform(kerb + 1.2, walk - 0.2);
    const body = pedestrian(random, false);
    park(plot, body, placeAt(road, x, left, WALK_HEIGHT - 0.01, random.uniform(0, 6.283)));
    if (random.uniform() > 0.35) continue;
    const yaw = random.uniform(0, 6.283);
    park(plot, pedestrian(random, false), placeAt(road, x + 0.75, left + 0.2, WALK_HEIGHT - 0.01, yaw));
  }
}

/** Chunk number `index` of a street: the same whenever it is built. */
export function buildChunk(street: Street, index: number): Chunk {
  const random = new Random(street.seed, "chunk", index);
  const scene = emptyScene();
  const { road, profile, styling, weather } = street;
  const plot: Plot = { scene, road, profile, styling, weather, random, things: [] };
  const [x0, x1] = [index * CHUNK, (index + 1) * CHUNK];
  const crossing = crossingOf(street, index);
  const spans: [number, number][] =
    crossing === undefined
      ? [[x0, x1]]
      : [
          [x0, crossing.from],
          [crossing.to, x1],
        ];
  if (crossing !== undefined) addCrossing(plot, crossing);
  layRoad(plot, [x0, x1], crossing === undefined);
  for (const side of [1, -1] as const) {
    for (const span of spans) {
      layWalk(plot, span, side);
      fillLots(plot, span, side);
      furnish(plot, span, side);
      if (sideOf(profile, side).parking) parkAlong(plot, span, side);
      bystanders(plot, span, side);
    }
    addBackdrop(plot, (x0 + x1) / 2, side);
  }
  return { primitives: scene.primitives, things: plot.things, instances: scene.instances };
}

/** @file What stands along the pavement, and behind: buildings, gardens, parks, walls, fences, hedges. */
import type { Random } from "../../../common/random.js";
import { weighted } from "../../weighted.js";
import { BUILDING, FENCE, TERRAIN, VEGETATION, WALL } from "../classes.js";
import { beside, type Plot } from "../plot.js";
import { sideOf } from "../profile.js";
import type { LotKind } from "../styling.js";
import { addFence, addWall } from "./barriers.js";
import { addBlock, addBuilding, addHouse } from "./buildings.js";
import { addBush, addHedge, addTree } from "./greenery.js";
import { WALK_HEIGHT } from "./ground.js";

interface Lot {
  readonly plot: Plot;
  /** Its middle along the road, and its width. */
  readonly x: number;
  readonly width: number;
  readonly side: 1 | -1;
  readonly front: number;
}

function lawn({ plot, x, width, side, front }: Lot, deep: number): void {
  const { grass } = plot.styling;
  const top = WALK_HEIGHT - 0.05;
  beside(plot, TERRAIN, x, side, front).box([0, deep / 2, top - 0.2], [width + 0.3, deep, 0.4], grass, {
    textureOrigin: [x, 0, 0],
  });
}

function trees({ plot, x, width, side, front }: Lot, count: number, from: number, to: number): void {
  const { random } = plot;
  for (let i = 0; i < count; i++) {
    const along = ((i + random.uniform(0.2, 0.8)) / count - 0.5) * width;
    const place = beside(plot, VEGETATION, x + along, side, front + random.uniform(from, to));
    addTree(place, random, random.uniform(5, 11));
  }
}

function bushes({ plot, x, width, side, front }: Lot, count: number, from: number, to: number): void {
  const { random } = plot;
  for (let i = 0; i < count; i++) {
    const along = random.uniform(-0.45, 0.45) * width;
    const place = beside(plot, VEGETATION, x + along, side, front + random.uniform(from, to), 0.08);
    addBush(place, random, random.uniform(0.8, 2));
  }
}

function storeysOf({ styling, random }: Plot): number {
  const [least, most] = styling.storeys;
  return least + random.integer(most - least + 1);
}

function building({ plot, x, width, side, front }: Lot, setBack: number): void {
  const { random, weather } = plot;
  addBuilding(beside(plot, BUILDING, x, side, front + setBack), random, width, storeysOf(plot), weather.lit);
}

function house({ plot, x, width, side, front }: Lot, setBack: number): void {
  const { random, weather } = plot;
  const storeys = 1 + random.integer(2);
  const wide = Math.max(6, Math.min(11, 0.65 * width));
  addHouse(beside(plot, BUILDING, x, side, front + setBack), random, wide, storeys, weather.lit);
}

/** A building behind a barrier, as far back as a yard is deep. */
function behind(lot: Lot): void {
  const { random } = lot.plot;
  lawn(lot, 14);
  if (random.uniform() < 0.6) house(lot, random.uniform(4, 8));
  else trees(lot, 2, 3, 9);
  bushes(lot, random.integer(3), 1.2, 3);
}

const builders: Record<LotKind, (lot: Lot) => void> = {
  building: (lot) => building(lot, lot.plot.random.uniform() < 0.7 ? 0 : lot.plot.random.uniform(0, 1.5)),
  house: (lot) => {
    const { random } = lot.plot;
    lawn(lot, 16);
    house(lot, random.uniform(2.5, 6));
    bushes(lot, random.integer(4), 0.6, 2.2);
    if (random.uniform() < 0.5) trees(lot, 1, 1.5, 3);
  },
  park: (lot) => {
    lawn(lot, 40);
    trees(lot, 1 + Math.round(lot.width / 7), 1.5, 7);
    trees(lot, 1 + Math.round(lot.width / 9), 9, 22);
    bushes(lot, lot.plot.random.integer(3), 1, 5);
  },
  walled: (lot) => {
    addWall(beside(lot.plot, WALL, lot.x, lot.side, lot.front + 0.05), lot.plot.random, lot.width);
    behind(lot);
  },
  fenced: (lot) => {
    addFence(beside(lot.plot, FENCE, lot.x, lot.side, lot.front + 0.05), lot.plot.random, lot.width);
    behind(lot);
  },
  hedged: (lot) => {
    const { random } = lot.plot;
    addHedge(
      beside(lot.plot, VEGETATION, lot.x, lot.side, lot.front + 0.05),
      random,
      lot.width,
      random.uniform(0.8, 1.9),
    );
    behind(lot);
  },
};

/** Widths of lots that fill a length. */
function widths(random: Random, length: number): number[] {
  const count = Math.max(1, Math.round(length / random.uniform(9, 15)));
  const shares = Array.from({ length: count }, () => random.uniform(0.75, 1.25));
  const sum = shares.reduce((a, b) => a + b);
  return shares.map((share) => (share / sum) * length);
}

/** Fills a side of the street from `x0` to `x1` with lots. */
export function fillLots(plot: Plot, [x0, x1]: readonly [number, number], side: 1 | -1): void {
  if (x1 - x0 < 5) return;
  const { random, styling, profile } = plot;
  let x = x0;
  for (const width of widths(random, x1 - x0)) {
    const lot = { plot, x: x + width / 2, width, side, front: sideOf(profile, side).front };
    builders[weighted(random, styling.lots)](lot);
    x += width;
  }
}

/** Blocks and woods in the distance. */
export function addBackdrop(plot: Plot, x: number, side: 1 | -1): void {
  const { random, weather } = plot;
  const out = random.uniform(34, 75);
  if (random.uniform() < 0.5) addBlock(beside(plot, BUILDING, x, side, out), random, weather.lit);
  for (let i = random.integer(3); i > 0; i--) {
    const place = beside(plot, VEGETATION, x + random.uniform(-18, 18), side, random.uniform(26, 60));
    addTree(place, random, random.uniform(8, 15));
  }
}

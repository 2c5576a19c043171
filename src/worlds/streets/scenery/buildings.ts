/** @file Buildings with windows, roofs, shops, doors and balconies. */
import type { Random } from "../../../common/random.js";
import { rotationX, rotationZ } from "../../../geometry/rotation.js";
import type { Placer } from "../../scene.js";
import { randomColour } from "../../surface/colour.js";
import type { Glazing } from "../../surface/glazing.js";
import type { Material } from "../../surface/material.js";
import { weighted } from "../../weighted.js";
import { solid, streetFinish } from "../finishes.js";

interface Volume {
  readonly width: number;
  readonly depth: number;
  readonly storeys: number;
  readonly storey: number;
}

/** Random windows for a wall whose storeys and columns have these sizes. */
function windows(random: Random, column: number, storey: number, lit: number): Glazing {
  const wide = random.uniform(0.35, 0.75) * column;
  const high = random.uniform(0.42, 0.72) * storey;
  const frame = randomColour(random, weighted(random, { white: 4, dark: 2, wood: 1, neutral: 1 }));
  return {
    pitch: [column, storey],
    window: [wide, high],
    sill: random.uniform(0.2, 0.9) * (storey - high),
    glass: randomColour(random, random.uniform() < 0.7 ? "dark" : "asphalt"),
    frame,
    lit: lit > 0 ? random.uniform(0.1, 0.6) : 0,
    glow: lit,
    seed: random.uint32() & 0xffffff,
  };
}

function addRoof(
  place: Placer,
  random: Random,
  { width, depth }: Volume,
  top: number,
  pitched: boolean,
): void {
  const roof = streetFinish(random, "roof");
  const over = random.uniform(0.2, 0.7);
  const turn = random.uniform() < 0.3 ? rotationZ(Math.PI / 2) : rotationZ(0);
  const [along, across] = turn[0] > 0.5 ? [width, depth] : [depth, width];
  if (pitched) {
    const rise = random.uniform(0.25, 0.5) * across;
    const hip = random.uniform() < 0.35 ? random.uniform(0.4, 0.8) : 1;
    const size = [along + over, across + over, rise] as const;
    place.frustum([0, depth / 2, top + rise / 2], size, roof, { turn, taper: hip, taperY: 0.02 });
  } else if (random.uniform() < 0.3) {
    const rise = random.uniform(1.5, 2.6);
    place.frustum([0, depth / 2, top + rise / 2], [width + 0.2, depth + 0.2, rise], roof, {
      taper: 0.92,
      taperY: 0.8,
    });
  } else {
    place.box([0, depth / 2, top + 0.2], [width + over, depth + over, 0.5], roof);
    if (random.uniform() < 0.5) place.box([0.2 * width, depth / 2, top + 1], [2.4, 2.4, 1.6], roof);
  }
  const chimneys = pitched ? random.integer(3) : 0;
  for (let i = 0; i < chimneys; i++) {
    const x = random.uniform(-0.4, 0.4) * width;
    place.box([x, 0.35 * depth, top + 1.6], [0.6, 0.6, random.uniform(1.6, 3)], streetFinish(random, "wall"));
  }
}

/** A shop front: large panes, a sign above them, perhaps an awning. */
function addShop(place: Placer, random: Random, { width, storey }: Volume, lit: number): void {
  const front = streetFinish(random, "paint");
  const high = Math.min(storey, 3.4);
  const pane: Glazing = {
    ...windows(random, width / Math.max(2, Math.round(width / 3)), high, lit),
    window: [(0.86 * width) / Math.max(2, Math.round(width / 3)), 0.68 * high],
    sill: 0.12 * high,
    lit: lit > 0 ? 0.8 : 0.15,
    glow: Math.max(lit, 0.5),
  };
  const board: Material = { ...front, glazing: pane };
  place.box([0, -0.03, high / 2], [width - 0.3, 0.14, high], board, {
    textureOrigin: [width / 2, 0, high / 2],
  });
  const sign = streetFinish(random, "clothes");
  place.box(
    [random.uniform(-0.1, 0.1) * width, -0.14, 0.91 * high],
    [random.uniform(0.4, 0.9) * width, 0.14, 0.5],
    sign,
  );
  if (random.uniform() < 0.4) {
    const cloth = streetFinish(random, "clothes");
    place.box([0, -0.75, 0.78 * high], [width * 0.8, 1.5, 0.06], cloth, { turn: rotationX(0.35) });
  }
}

function addBalconies(place: Placer, random: Random, { width, storeys, storey }: Volume): void {
  const slab = streetFinish(random, "wall");
  const rail = streetFinish(random, "metal");
  const columns = 1 + random.integer(2);
  for (let column = 0; column < columns; column++) {
    const x = ((column + 0.5) / columns - 0.5) * width * 0.9;
    for (let floor = 1; floor < Math.min(storeys, 5); floor++) {
      place.box([x, -0.5, floor * storey], [2.4, 1, 0.14], slab);
      place.box([x, -0.97, floor * storey + 0.55], [2.4, 0.05, 0.9], rail);
    }
  }
}

/**
 * A building whose front stands on local y = 0, looking at the road.
 * @param lit brightness of lit windows beside the sky's light; 0 by day.
 */
export function addBuilding(
  place: Placer,
  random: Random,
  width: number,
  storeys: number,
  lit: number,
): void {
  const storey = random.uniform(2.7, 3.5);
  const volume = { width, depth: random.uniform(8, 13), storeys, storey };
  const { depth } = volume;
  const height = storeys * storey;
  const column = width / Math.max(1, Math.round(width / random.uniform(1.8, 3.4)));
  const wall = { ...streetFinish(random, "facade"), glazing: windows(random, column, storey, lit) };
  place.box([0, depth / 2, height / 2], [width, depth, height], wall, {
    textureOrigin: [width / 2, depth / 2, height / 2],
  });
  addRoof(place, random, volume, height, random.uniform() < (storeys > 4 ? 0.25 : 0.7));
  const shop = storeys > 1 && random.uniform() < 0.4;
  if (shop) addShop(place, random, volume, lit);
  else {
    const plinth = streetFinish(random, "wall");
    place.box([0, depth / 2, 0.3], [width + 0.08, depth + 0.08, 0.6], plinth);
    const door = random.uniform(-0.35, 0.35) * width;
    place.box([door, 0, 1.15], [1.15, 0.1, 2.3], streetFinish(random, "fence"));
    place.box([door, -0.3, 2.45], [1.6, 0.8, 0.1], plinth);
  }
  if (storeys > 2 && random.uniform() < 0.35) addBalconies(place, random, volume);
  if (random.uniform() < 0.4) {
    const ledge = streetFinish(random, "wall");
    for (let floor = 1; floor < storeys; floor += 2) {
      place.box([0, 0, floor * storey], [width + 0.05, 0.24, 0.16], ledge);
    }
  }
}

/** A house with a pitched roof in a garden. */
export function addHouse(place: Placer, random: Random, width: number, storeys: number, lit: number): void {
  addBuilding(place, random, width, storeys, lit);
  if (random.uniform() < 0.35) {
    // A garage beside it.
    const wall = streetFinish(random, "facade");
    place.box([width / 2 + 1.6, 3, 1.3], [3.2, 5.5, 2.6], wall);
    place.box([width / 2 + 1.6, 0.22, 1.1], [2.5, 0.1, 2.2], streetFinish(random, "fence"));
  }
}

/** A tall block in the distance: a wall of windows. */
export function addBlock(place: Placer, random: Random, lit: number): void {
  const [width, depth, height] = [random.uniform(12, 26), random.uniform(12, 20), random.uniform(12, 42)];
  const glazing = windows(random, random.uniform(2, 3.5), 3, lit);
  place.box([0, depth / 2, height / 2], [width, depth, height], {
    ...streetFinish(random, "facade"),
    glazing,
  });
  place.box([0, depth / 2, height], [width + 0.3, depth + 0.3, 0.8], solid([0.2, 0.19, 0.18]));
}

/**
 * @file Random materials of streets by use. Uses differ in how likely a family of colours or a pattern is;
 * nearly every use can have nearly every colour, so that colour helps but never decides.
 */
import type { Random } from "../../common/random.js";
import type { Rgb } from "../surface/colour.js";
import { dim } from "../surface/colour.js";
import { drawFinish, plain, type Use } from "../surface/finish.js";
import { type Material, makeMaterial } from "../surface/material.js";

const uses = {
  road: {
    large: true,
    colours: { asphalt: 9, earth: 0.7, neutral: 1.2, dark: 0.8, wood: 0.2 },
    patterns: { mottled: 5, plain: 1 },
  },
  pavement: {
    large: true,
    colours: { asphalt: 4, neutral: 3, earth: 1.6, pastel: 0.8, wood: 0.5 },
    patterns: { tiles: 4, mottled: 2.5, bricks: 1.5, plain: 0.6 },
  },
  grass: {
    large: true,
    colours: { foliage: 5, earth: 1.8, wood: 1.5, autumn: 0.6, asphalt: 0.5 },
    patterns: { mottled: 5, leaves: 0.7 },
  },
  facade: {
    large: true,
    colours: {
      ...{ pastel: 3, neutral: 2.5, earth: 3, white: 1.6, asphalt: 1.5 },
      ...{ vivid: 0.6, dark: 0.4, foliage: 0.5, autumn: 0.7 },
    },
    patterns: { bricks: 3, mottled: 3, plain: 2, planks: 0.7, tiles: 0.7 },
  },
  roof: {
    colours: { earth: 3, dark: 2, asphalt: 2, autumn: 1.5, foliage: 0.3 },
    patterns: { tiles: 2, planks: 1, mottled: 2 },
  },
  wall: {
    colours: { earth: 3, neutral: 2, asphalt: 2, pastel: 1, foliage: 0.8, vivid: 0.3, autumn: 0.6 },
    patterns: { bricks: 4, mottled: 3, tiles: 1, plain: 0.7 },
  },
  fence: {
    colours: { wood: 3, dark: 2, white: 1, foliage: 1.2, neutral: 1, asphalt: 1, vivid: 0.6 },
    patterns: { plain: 3, mottled: 1, grain: 1 },
  },
  metal: {
    colours: { neutral: 2, dark: 2, asphalt: 2, foliage: 1, white: 0.7, wood: 0.6, vivid: 0.3 },
    patterns: { plain: 1 },
  },
  paint: {
    colours: {
      ...{ neutral: 3, white: 2, dark: 3, vivid: 3, pastel: 1 },
      ...{ earth: 1, foliage: 0.8, asphalt: 2, autumn: 0.4 },
    },
    patterns: { plain: 1 },
  },
  crown: {
    colours: { foliage: 6, autumn: 1.5, earth: 1, dark: 0.6, pastel: 0.3, asphalt: 0.4 },
    patterns: { mottled: 1 },
  },
  bark: { colours: { wood: 2, dark: 2, asphalt: 2, earth: 1 }, patterns: { mottled: 2, grain: 1 } },
  clothes: {
    colours: {
      ...{ vivid: 2, dark: 3, neutral: 2, earth: 1.5, pastel: 1 },
      ...{ white: 1, wood: 0.5, foliage: 0.8, asphalt: 1 },
    },
    patterns: { plain: 5, mottled: 1, stripes: 0.5, plaid: 0.3 },
  },
} satisfies Record<string, Use>;

export type StreetUse = keyof typeof uses;

/** A random material for a use; `size` multiplies the size of its pattern. */
export function streetFinish(random: Random, use: StreetUse, size = 1): Material {
  return drawFinish(random, uses[use], size);
}

/** Glass seen from outside: dark, with a tint of what it mirrors. */
export function glass(random: Random): Material {
  return plain(random, random.uniform() < 0.75 ? "dark" : "asphalt");
}

/** Dark rubber or plastic. */
export function rubber(random: Random): Material {
  const tone = random.uniform(0.012, 0.05);
  return solid([tone, tone, tone * random.uniform(0.9, 1.15)]);
}

/** One colour without a pattern; `emission` times it is given off. */
export function solid(colour: Rgb, emission = 0): Material {
  return makeMaterial({ colours: [colour, dim(colour, 0.7), colour], emission });
}

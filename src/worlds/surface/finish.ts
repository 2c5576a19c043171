/**
 * @file Random materials by use, as homes have them: ceilings are mostly pale, floors mostly wood, tiles or
 * carpet, books and toys mostly loud. Uses differ in how likely a colour family or a pattern is; every use
 * can have nearly every colour, so colour helps but never decides.
 */
import type { Random } from "../../common/random.js";
import { type Weights, weighted } from "../weighted.js";
import { type ColourFamily, dim, mixRgb, type Rgb, randomColour } from "./colour.js";
import { type Material, makeMaterial } from "./material.js";
import type { PatternName } from "./patterns.js";

/** How likely the colours and patterns of a kind of surface are. */
export interface Use {
  readonly colours: Weights<ColourFamily>;
  readonly patterns: Weights<PatternName>;
  readonly large?: boolean;
}

const uses = {
  wall: {
    large: true,
    colours: { pastel: 4, white: 4, neutral: 2, earth: 0.6, wood: 0.3, vivid: 0.3, dark: 0.1 },
    patterns: {
      plain: 6,
      mottled: 4,
      stripes: 0.4,
      leaves: 0.4,
      diamonds: 0.2,
      dots: 0.2,
      bricks: 0.4,
      planks: 0.2,
      tiles: 0.3,
      pinstripes: 0.3,
    },
  },
  ceiling: {
    large: true,
    colours: { white: 8, neutral: 1, pastel: 0.8, wood: 0.4, earth: 0.1, vivid: 0.05, dark: 0.05 },
    patterns: { plain: 6, mottled: 3, planks: 0.5, tiles: 0.3 },
  },
  floor: {
    large: true,
    colours: { wood: 5, neutral: 2, earth: 2, dark: 0.8, pastel: 0.3, white: 0.4, vivid: 0.3 },
    patterns: {
      planks: 6,
      tiles: 2,
      checks: 0.3,
      mottled: 1,
      weave: 1,
      marble: 0.5,
      bricks: 0.2,
      plain: 0.5,
    },
  },
  fabric: {
    colours: { vivid: 3, earth: 2, pastel: 1.5, neutral: 1.2, dark: 0.8, white: 0.6, wood: 0.4 },
    patterns: {
      plain: 4,
      weave: 3,
      stripes: 0.6,
      plaid: 0.8,
      checks: 0.3,
      dots: 0.3,
      diamonds: 0.3,
      leaves: 0.4,
      mottled: 1.5,
      pinstripes: 0.3,
    },
  },
  linen: {
    colours: { white: 3, pastel: 2.5, vivid: 1.2, neutral: 1, earth: 0.5, dark: 0.3, wood: 0.2 },
    patterns: { plain: 5, weave: 1, stripes: 0.8, plaid: 0.6, dots: 0.6, leaves: 0.6, pinstripes: 0.4 },
  },
  upholstery: {
    colours: { earth: 3, neutral: 2, dark: 2, vivid: 1.5, pastel: 0.6, white: 0.5, wood: 0.6 },
    patterns: { plain: 4, weave: 4, mottled: 2, plaid: 0.4, stripes: 0.3, leaves: 0.2 },
  },
  furniture: {
    colours: { wood: 6, white: 1.5, dark: 1, neutral: 0.8, earth: 0.5, pastel: 0.3, vivid: 0.2 },
    patterns: { grain: 6, plain: 2.5, mottled: 0.5, planks: 0.6, marble: 0.2 },
  },
  thing: {
    colours: { vivid: 4, white: 1.5, earth: 1, pastel: 1, neutral: 1, wood: 0.6, dark: 0.8 },
    patterns: { plain: 5, mottled: 1.5, stripes: 0.6, marble: 0.4, checks: 0.2, dots: 0.3, grain: 0.3 },
  },
} satisfies Record<string, Use>;

export type UseName = keyof typeof uses;

/** One repeat in metres: [least, most]. */
const SCALES: Record<PatternName, readonly [number, number]> = {
  plain: [0.1, 0.1],
  mottled: [0.05, 0.5],
  stripes: [0.06, 0.4],
  pinstripes: [0.06, 0.25],
  plaid: [0.1, 0.3],
  checks: [0.06, 0.4],
  tiles: [0.12, 0.6],
  bricks: [0.2, 0.35],
  planks: [0.07, 0.22],
  grain: [0.05, 0.15],
  marble: [0.15, 0.6],
  dots: [0.06, 0.3],
  diamonds: [0.08, 0.35],
  leaves: [0.08, 0.35],
  weave: [0.015, 0.05],
};

/** A random material for a use in rooms; small things get patterns shrunk by `size`. */
export function finish(random: Random, use: UseName, size = 1): Material {
  return drawFinish(random, uses[use], size);
}

/** A random material as a use wants it; `size` multiplies the size of patterns. */
export function drawFinish(random: Random, { colours, patterns, large }: Use, size = 1): Material {
  const family = weighted(random, colours);
  const pattern = weighted(random, patterns);
  const a = randomColour(random, family);
  // A second tone of the first colour, a grey-white, or a colour of its own.
  const kind = random.uniform();
  const quiet = pattern === "grain" || pattern === "mottled" || pattern === "planks" || pattern === "weave";
  let b: Rgb;
  if (quiet || kind < 0.5) b = dim(a, random.uniform(0.35, 0.75));
  else if (kind < 0.75) b = mixRgb(a, randomColour(random, "white"), random.uniform(0.4, 0.9));
  else b = randomColour(random, weighted(random, colours));
  // What covers a whole room is seldom loud.
  if (large) b = mixRgb(a, b, random.uniform(0.25, 1));
  const [least, most] = SCALES[pattern];
  return makeMaterial({
    pattern,
    colours: [a, b, randomColour(random, "vivid")],
    scale: random.uniform(least, most) * size,
    turned: random.uniform() < (pattern === "stripes" || pattern === "pinstripes" ? 0.2 : 0.5),
    seed: random.uint32() & 0xffffff,
  });
}

/** A plain material of one family. */
export function plain(random: Random, family: ColourFamily, emission = 0): Material {
  const colour = randomColour(random, family);
  return makeMaterial({ colours: [colour, dim(colour, 0.7), colour], emission });
}

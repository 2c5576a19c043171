/**
 * @file Random materials by use. Uses differ in how likely a colour family or a pattern is, never in what is
 * possible, so that colour alone says little about what a thing is.
 */
import type { Random } from "../../../common/random.js";
import { type Weights, weighted } from "../weighted.js";
import { type ColourFamily, dim, mixRgb, type Rgb, randomColour } from "./colour.js";
import { type Material, makeMaterial } from "./material.js";
import type { PatternName } from "./patterns.js";

interface Use {
  readonly colours: Weights<ColourFamily>;
  readonly patterns: Weights<PatternName>;
  readonly large?: boolean;
}

const uses = {
  wall: {
    large: true,
    colours: { pastel: 3, white: 2, neutral: 2, earth: 1.5, wood: 1, vivid: 1, dark: 0.3 },
    patterns: {
      plain: 4,
      mottled: 4,
      stripes: 1,
      leaves: 1,
      diamonds: 0.8,
      dots: 0.5,
      bricks: 0.8,
      planks: 0.7,
      tiles: 0.6,
      pinstripes: 0.6,
    },
  },
  ceiling: {
    large: true,
    colours: { white: 3, pastel: 2, neutral: 2, wood: 1.2, earth: 1, vivid: 0.4, dark: 0.2 },
    patterns: { plain: 3, mottled: 3, planks: 1.2, tiles: 0.8 },
  },
  floor: {
    large: true,
    colours: { wood: 3, neutral: 2.5, earth: 1.5, pastel: 1.2, white: 1, dark: 0.8, vivid: 0.7 },
    patterns: {
      planks: 4,
      tiles: 2,
      checks: 0.8,
      mottled: 1.5,
      weave: 1,
      marble: 1,
      bricks: 0.3,
      plain: 0.5,
    },
  },
  fabric: {
    colours: { vivid: 2, earth: 2, pastel: 2, neutral: 2, dark: 1, white: 1.2, wood: 1 },
    patterns: {
      plain: 2,
      weave: 2,
      stripes: 1,
      plaid: 1,
      checks: 0.6,
      dots: 0.8,
      diamonds: 0.7,
      leaves: 0.9,
      mottled: 1.5,
      pinstripes: 0.7,
    },
  },
  furniture: {
    colours: { wood: 3, white: 2, neutral: 1.5, dark: 1.2, pastel: 1.2, earth: 1, vivid: 0.8 },
    patterns: { grain: 4, plain: 3, mottled: 1, planks: 0.6, marble: 0.4 },
  },
  thing: {
    colours: { vivid: 2.5, white: 1.5, earth: 1.5, pastel: 1.5, neutral: 1.5, wood: 1.2, dark: 1 },
    patterns: { plain: 4, mottled: 1.5, stripes: 0.8, marble: 0.5, checks: 0.4, dots: 0.5, grain: 0.7 },
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

/** A random material for a use; small things get patterns shrunk by `size`. */
export function finish(random: Random, use: UseName, size = 1): Material {
  const { colours, patterns, large }: Use = uses[use];
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

/**
 * @file Pictures that fill a face: paintings, what a window shows, what a television shows. Places run over
 * [-1, 1] from left to right and bottom to top.
 */

import { mixRgb, type Rgb } from "./colour.js";
import { hash, noise } from "./noise.js";

/** Colour at (x, y) of a picture made from three colours. */
export type Painting = (x: number, y: number, colours: readonly [Rgb, Rgb, Rgb], seed: number) => Rgb;

const landscape: Painting = (x, y, [sky, hill, ground], seed) => {
  const ridge = 0.9 * (noise(1.5 * x + 9, 1, seed) - 0.4) + 0.15 * noise(7 * x, 2, seed);
  if (y > ridge) return mixRgb([0.9, 0.88, 0.85], sky, Math.min(1, Math.max(0, 0.3 + y - ridge)));
  const shore = -0.45 + 0.4 * (noise(2 * x + 3, 5, seed) - 0.5);
  return y > shore ? mixRgb(hill, ground, noise(5 * x, 5 * y, seed)) : ground;
};

const abstract: Painting = (x, y, colours, seed) => {
  let [left, right, low, high] = [-1, 1, -1, 1];
  let cell = seed;
  for (let level = 0; level < 4; level++) {
    const share = 0.3 + 0.4 * hash(cell, level, seed);
    if (level % 2 === 0) {
      const at = left + share * (right - left);
      if (Math.abs(x - at) < 0.04) return [0.02, 0.02, 0.02];
      [left, right] = x < at ? [left, at] : [at, right];
      cell = 2 * cell + (x < at ? 0 : 1);
    } else {
      const at = low + share * (high - low);
      if (Math.abs(y - at) < 0.04) return [0.02, 0.02, 0.02];
      [low, high] = y < at ? [low, at] : [at, high];
      cell = 2 * cell + (y < at ? 0 : 1);
    }
  }
  return colours[Math.floor(3 * hash(cell, 9, seed))];
};

const portrait: Painting = (x, y, [back, skin, coat], seed) => {
  const lean = 0.3 * (hash(1, 1, seed) - 0.5);
  const head = ((x - lean) / 0.3) ** 2 + ((y - 0.2) / 0.42) ** 2;
  if (head < 1) return y > 0.42 ? mixRgb(coat, [0, 0, 0], 0.6) : skin;
  return ((x - lean) / 0.75) ** 2 + ((y + 1) / 0.85) ** 2 < 1
    ? coat
    : mixRgb(back, [0, 0, 0], 0.4 * noise(2 * x, 2 * y, seed));
};

const blobs: Painting = (x, y, [a, b, c], seed) => {
  const first = noise(2.2 * x + 4, 2.2 * y, seed);
  const second = noise(1.7 * x, 1.7 * y + 8, seed + 5);
  return first > 0.55 ? b : second > 0.55 ? c : a;
};

/** The outdoors: sky, and trees or houses along the horizon. */
const outdoors: Painting = (x, y, [sky, trees, ground], seed) => {
  const line = -0.5 + 0.5 * hash(2, 7, seed);
  const houses = hash(4, 4, seed) < 0.4;
  const skyline =
    line +
    (houses
      ? 0.6 * hash(Math.floor(5 * x), 1, seed)
      : 0.5 * noise(4 * x, 3, seed) + 0.1 * noise(19 * x, 4, seed));
  if (y > skyline) return mixRgb([1, 1, 1], sky, Math.min(1, Math.max(0.15, y - line)));
  return y > line ? mixRgb(trees, [0.02, 0.03, 0.02], noise(11 * x, 11 * y, seed)) : ground;
};

const blank: Painting = (x, y, [a, b]) => mixRgb(a, b, Math.min(1, Math.max(0, 0.5 + 0.35 * (x + y))));

export const paintings = { landscape, abstract, portrait, blobs, outdoors, blank } as const;
export type PaintingName = keyof typeof paintings;

/**
 * @file Repeating patterns. Each maps a place (in units of the material's scale) to how much of the second
 * colour shows, in [0, 1]. A pattern is data: a function and the mean that it fades to where it is too fine
 * for the picture.
 */
import { hash, noise, roughNoise } from "./noise.js";

export interface Pattern {
  readonly mean: number;
  at(u: number, v: number, seed: number): number;
}

const fraction = (x: number) => x - Math.floor(x);

export const patterns = {
  plain: { mean: 0, at: () => 0 },
  mottled: { mean: 0.5, at: (u, v, seed) => roughNoise(u, v, seed) },
  stripes: { mean: 0.5, at: (u) => (fraction(u) < 0.5 ? 0 : 1) },
  pinstripes: { mean: 0.15, at: (u) => (fraction(u) < 0.15 ? 1 : 0) },
  plaid: {
    mean: 0.45,
    at: (u, v) =>
      (fraction(u) < 0.4 ? 0.45 : 0) + (fraction(v) < 0.4 ? 0.45 : 0) + (fraction(u + 0.3) < 0.08 ? 0.1 : 0),
  },
  checks: { mean: 0.5, at: (u, v) => (Math.floor(u) + Math.floor(v)) & 1 },
  tiles: {
    mean: 0.25,
    at: (u, v, seed) => {
      const grout = fraction(u) < 0.06 || fraction(v) < 0.06;
      return grout ? 1 : 0.25 * hash(Math.floor(u), Math.floor(v), seed) + 0.08 * noise(6 * u, 6 * v, seed);
    },
  },
  bricks: {
    mean: 0.35,
    at: (u, v, seed) => {
      const row = Math.floor(2.2 * v);
      const along = u + (row & 1) * 0.5;
      const mortar = fraction(along) < 0.05 || fraction(2.2 * v) < 0.12;
      return mortar ? 1 : 0.35 * hash(Math.floor(along), row, seed) + 0.1 * noise(8 * u, 8 * v, seed);
    },
  },
  planks: {
    mean: 0.4,
    at: (u, v, seed) => {
      const row = Math.floor(v);
      const along = u / 7 + hash(row, 3, seed);
      if (fraction(v) < 0.05 || fraction(along) < 0.008) return 1;
      const tone = hash(row, Math.floor(along), seed + 1);
      return 0.5 * tone + 0.35 * noise(0.9 * u, 5 * v + 31 * tone, seed);
    },
  },
  grain: {
    mean: 0.45,
    at: (u, v, seed) => {
      const wave = noise(0.35 * u, 2.5 * v, seed);
      return 0.5 * fraction(3 * wave + 0.4 * v) + 0.4 * noise(1.2 * u, 14 * v, seed + 1);
    },
  },
  marble: {
    mean: 0.3,
    at: (u, v, seed) => {
      const bend = 3 * roughNoise(u, v, seed);
      const vein = 1 - Math.abs(Math.sin(2.2 * u + 1.3 * v + 2.5 * bend));
      return vein * vein * 0.8 + 0.15 * noise(3 * u, 3 * v, seed + 2);
    },
  },
  dots: {
    mean: 0.28,
    at: (u, v) => {
      const x = fraction(u) - 0.5;
      const y = fraction(v + (Math.floor(u) & 1) * 0.5) - 0.5;
      return x * x + y * y < 0.09 ? 1 : 0;
    },
  },
  diamonds: {
    mean: 0.25,
    at: (u, v) => {
      const reach = Math.abs(fraction(u) - 0.5) + Math.abs(fraction(0.7 * v) - 0.5);
      return reach < 0.34 ? (reach < 0.12 ? 0.4 : 1) : 0;
    },
  },
  leaves: {
    mean: 0.3,
    at: (u, v, seed) => {
      const [column, row] = [Math.floor(u), Math.floor(v)];
      const turn = 6.283 * hash(column, row, seed);
      const x = fraction(u) - 0.5;
      const y = fraction(v) - 0.5;
      const along = x * Math.cos(turn) + y * Math.sin(turn);
      const across = y * Math.cos(turn) - x * Math.sin(turn);
      return (along * along) / 0.19 + (across * across) / 0.035 < 1 ? 1 : 0;
    },
  },
  weave: {
    mean: 0.5,
    at: (u, v, seed) =>
      0.5 + 0.3 * Math.sin(6.283 * u) * Math.sin(6.283 * v) + 0.4 * (roughNoise(3 * u, 3 * v, seed) - 0.5),
  },
} satisfies Record<string, Pattern>;

export type PatternName = keyof typeof patterns;

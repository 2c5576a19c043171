/** @file Random choice by weight. */
import type { Random } from "../common/random.js";

/** Weights of names; a missing name is never chosen. */
export type Weights<K extends string> = Partial<Record<K, number>>;

/** One of the names, with probability in proportion to its weight. */
export function weighted<K extends string>(random: Random, weights: Weights<K>): K {
  const entries = Object.entries(weights) as [K, number][];
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.uniform(0, total);
  for (const [name, weight] of entries) {
    left -= weight;
    if (left < 0) return name;
  }
  // Rounding can leave a crumb.
  return entries[entries.length - 1][0];
}

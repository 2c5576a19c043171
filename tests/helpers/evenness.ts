/** @file Whether what was drawn was drawn evenly. */
import { expect } from "vitest";

/** How often each value came. */
export function countOf<T>(values: Iterable<T>): Map<T, number> {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

/**
 * That counts are those of equally likely values: their chi-square statistic is within five deviations of its
 * mean.
 */
export function expectEven(counts: Iterable<number>): void {
  const all = [...counts];
  const mean = all.reduce((a, b) => a + b) / all.length;
  const statistic = all.reduce((sum, count) => sum + (count - mean) ** 2 / mean, 0);
  const freedom = all.length - 1;
  expect(statistic, `counts ${all}`).toBeLessThanOrEqual(freedom + 5 * Math.sqrt(2 * freedom));
}

import { expect, test } from "vitest";
import { Random } from "../../src/common/random.js";

test("Gumbel noise has the distribution's mean and deviation, and is finite", () => {
  const random = new Random(0, "gumbel");
  const draws = Float32Array.from({ length: 20_000 }, () => random.gumbel());
  const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
  const deviation = Math.sqrt(draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length);
  expect(mean).toBeCloseTo(0.5772, 1);
  expect(deviation).toBeCloseTo(Math.PI / Math.sqrt(6), 1);
  expect(draws.every(Number.isFinite)).toBe(true);
});

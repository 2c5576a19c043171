import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import {
  biasUniform,
  constantOf,
  type Initializer,
  kaimingNormal,
  normal,
  ones,
  xavierNormal,
  zeros,
} from "../../src/nn/initializers.js";

const filled = (initialize: Initializer, shape: readonly number[], seed = 0) =>
  initialize(shape, new Random(seed, "initial values"));

/**
 * Mean, variance and fourth moment in units of the squared variance: 3 of a normal distribution, 1.8 of a
 * uniform one.
 */
function moments(values: Float32Array): { mean: number; variance: number; kurtosis: number } {
  const average = (of: (value: number) => number) =>
    values.reduce((sum, value) => sum + of(value), 0) / values.length;
  const mean = average((value) => value);
  const variance = average((value) => (value - mean) ** 2);
  return { mean, variance, kurtosis: average((value) => (value - mean) ** 4) / variance ** 2 };
}

/** PyTorch's fans: of a filter [O,I,KH,KW], I and O times the taps; of a matrix [O,I], I and O. */
const SHAPES = [
  { shape: [64, 32, 3, 3], fanIn: 32 * 9, fanOut: 64 * 9 },
  { shape: [16, 128, 1, 5], fanIn: 128 * 5, fanOut: 16 * 5 },
  { shape: [200, 60], fanIn: 60, fanOut: 200 },
];

describe.each(SHAPES)("for a parameter of shape $shape", ({ shape, fanIn, fanOut }) => {
  it.each<[string, Initializer, number]>([
    ["xavierNormal", xavierNormal, 2 / (fanIn + fanOut)],
    ["kaimingNormal", kaimingNormal, 2 / fanOut],
    ["normal(0.3)", normal(0.3), 0.09],
  ])("%s is normal with the variance of its formula", (_, initialize, variance) => {
    const values = filled(initialize, shape);
    const found = moments(values);
    expect(values).toHaveLength(shape.reduce((a, b) => a * b));
    // Five standard errors each.
    expect(Math.abs(found.mean)).toBeLessThan(5 * Math.sqrt(variance / values.length));
    expect(Math.abs(found.variance / variance - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    expect(Math.abs(found.kurtosis - 3)).toBeLessThan(5 * Math.sqrt(24 / values.length));
  });

  it("biasUniform is uniform up to 1 / sqrt(fan_in) of its weight", () => {
    const bound = 1 / Math.sqrt(fanIn);
    const values = filled(biasUniform(shape), [4000]);
    const found = moments(values);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.99 * bound);
    expect(Math.min(...values)).toBeLessThan(-0.99 * bound);
    expect(Math.abs(found.variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.1);
    expect(Math.abs(found.kurtosis - 1.8)).toBeLessThan(0.1);
  });

  it("draws repeat themselves for a seed and differ between seeds", () => {
    for (const initialize of [xavierNormal, kaimingNormal, normal(1)]) {
      expect(filled(initialize, shape)).toEqual(filled(initialize, shape));
      expect(filled(initialize, shape)).not.toEqual(filled(initialize, shape, 1));
    }
  });
});

it("zeros, ones and constants are those", () => {
  expect([...filled(zeros, [2, 2])]).toEqual([0, 0, 0, 0]);
  expect([...filled(ones, [3])]).toEqual([1, 1, 1]);
  expect([...filled(constantOf(-0.5), [2])]).toEqual([-0.5, -0.5]);
});

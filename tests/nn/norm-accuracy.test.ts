import { describe, expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { gradients, input, type Tensor } from "../../src/graph/index.js";
import { Layer } from "../../src/nn/layer.js";
import { convNorm } from "../../src/nn/layers.js";
import { ModuleSet } from "../../src/nn/module.js";
import { Forward, type ForwardOptions } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";

const [BATCH, HEIGHT, WIDTH] = [2, 24, 32];
const PIXELS = HEIGHT * WIDTH;
const DEVIATION = 0.1;
const EPSILON = 1e-5;
const engine = await nodeEngine();

/**
 * A 1x1 convolution that leaves its input as it is, and normalisation behind it. Channels in whole blocks or
 * not.
 */
function build(channels: number, options: ForwardOptions = {}) {
  const variables = new ModuleSet();
  const forward = new Forward("train", options);
  const layer = new Layer(variables.scope(), forward);
  const x = input("x", [BATCH, channels, HEIGHT, WIDTH]);
  const identity = () =>
    Float32Array.from({ length: channels ** 2 }, (_, i) => Number(i % (channels + 1) === 0));
  const layers = { conv: layer.child("conv"), norm: layer.child("norm") };
  const y = convNorm(layers, x, channels, { kernel: 1, bias: false, weightInit: identity });
  const initial = variables.all().map((each) => [each.name, variables.initialValue(each, 0)] as const);
  return { x, y, updates: forward.updates(), initial: Object.fromEntries(initial) };
}

function image(channels: number, value: (random: Random, channel: number) => number): Float32Array {
  const random = new Random(3);
  return Float32Array.from({ length: BATCH * channels * PIXELS }, (_, i) =>
    value(random, Math.floor(i / PIXELS) % channels),
  );
}

/**
 * Mean and biased variance of each run of the values in float64, and places: by channel, or by sample and
 * channel.
 */
function runs(x: Float32Array, channels: number, statistics: ForwardOptions["statistics"] = "batch") {
  const samples = Array.from({ length: BATCH }, (_, n) => n);
  const members = statistics === "sample" ? samples.map((n) => [n]) : [samples];
  return members.flatMap((own) =>
    Array.from({ length: channels }, (_, c) => {
      const places = own.flatMap((n) =>
        Array.from({ length: PIXELS }, (_, i) => (n * channels + c) * PIXELS + i),
      );
      const average = (of: (value: number) => number) =>
        places.reduce((sum, i) => sum + of(x[i]), 0) / places.length;
      const mean = average((value) => value);
      return { places, mean, variance: average((value) => (value - mean) ** 2) };
    }),
  );
}

const RATIOS = [0, 1, 1.9, 2.1, 10, 100, 1000, 10_000];

describe.each([3, 16])("convNorm of %i channels", (channels) => {
  it.each(["batch", "sample"] as const)(
    "keeps its digits however far the mean is, by the %s's statistics",
    async (statistics) => {
      const { y, initial } = build(channels, { statistics, updatesState: false });
      for (const ratio of RATIOS) {
        // One channel alone is far away: it must not be lost among the others.
        const x = image(channels, (random, c) => DEVIATION * (random.normal() + (c === 1 ? ratio : 0)));
        const output = (await evaluate(engine, { y }, { x, ...initial })).y;
        // What rounding of x itself to float32 costs, and of the intercept mean/deviation; PyTorch is as far
        // off.
        const allowed = 1e-5 + 2 ** -22 * ratio;
        for (const { places, mean, variance } of runs(x, channels, statistics)) {
          const errors = places.map((i) =>
            Math.abs(output[i] - (x[i] - mean) / Math.sqrt(variance + EPSILON)),
          );
          expect(Math.max(...errors), `mean ${ratio} deviations from zero`).toBeLessThan(allowed);
        }
      }
    },
  );

  it("has the variance to five digits, on fresh statistics and on ones that have settled", async () => {
    const { updates, initial } = build(channels);
    const next = { mean: updates.get("norm.running_mean")!, variance: updates.get("norm.running_var")! };
    for (const ratio of RATIOS) {
      const x = image(channels, (random) => DEVIATION * (random.normal() + ratio));
      const expected = runs(x, channels);
      const settled = Float32Array.from(expected, ({ mean }) => mean);
      for (const before of [new Float32Array(channels), settled]) {
        const state = { "norm.running_mean": before, "norm.running_var": new Float32Array(channels) };
        const got = await evaluate(engine, next, { ...initial, ...state, x });
        expected.forEach(({ mean, variance }, c) => {
          const unbiased = (variance * BATCH * PIXELS) / (BATCH * PIXELS - 1);
          expect(Math.abs(got.variance[c] / (0.1 * unbiased) - 1)).toBeLessThan(1e-5);
          const wanted = 0.9 * before[c] + 0.1 * mean;
          expect(Math.abs(got.mean[c] - wanted)).toBeLessThan(1e-6 * (DEVIATION + Math.abs(wanted)));
        });
      }
    }
  });

  it.each(["batch", "sample"] as const)(
    "makes zeros of a constant map, by the %s's statistics",
    async (statistics) => {
      const { y, updates, initial } = build(channels, { statistics });
      const tensors: Record<string, Tensor> = { y };
      const variance = updates.get("norm.running_var");
      if (variance !== undefined) tensors.variance = variance;
      for (const constant of [0, 1e-3, 0.3, 10.3, 1e4]) {
        const x = image(channels, () => constant);
        const got = await evaluate(engine, tensors, { x, ...initial });
        // A rounding error of the constant, multiplied by 1/sqrt(epsilon).
        const allowed = 1e-6 + 2 ** -22 * (constant / Math.sqrt(EPSILON));
        expect(Math.max(...got.y.map(Math.abs))).toBeLessThanOrEqual(allowed);
        if (got.variance !== undefined) expect([...got.variance].every((v) => v >= 0.899)).toBe(true);
      }
    },
  );

  it("has the right gradient where the mean is far", async () => {
    const { x: leaf, y, initial } = build(channels);
    const seed = input("seed", y.shape);
    const [gradient] = gradients(y, [leaf], seed);
    const dy = image(channels, (random) => random.normal());
    for (const ratio of [0, 10, 1000]) {
      const x = image(channels, (random) => DEVIATION * (random.normal() + ratio));
      const got = (await evaluate(engine, { gradient }, { x, seed: dy, ...initial })).gradient;
      for (const { places, mean, variance } of runs(x, channels)) {
        const root = Math.sqrt(variance + EPSILON);
        const average = (of: (i: number) => number) =>
          places.reduce((sum, i) => sum + of(i), 0) / places.length;
        const unit = (i: number) => (x[i] - mean) / root;
        const [first, second] = [average((i) => dy[i]), average((i) => dy[i] * unit(i))];
        const errors = places.map((i) => Math.abs(got[i] - (dy[i] - first - unit(i) * second) / root));
        expect(Math.max(...errors) * root).toBeLessThan(1e-5 + 2 ** -22 * ratio);
      }
    }
  });
});

import { describe, expect, it } from "vitest";
import { feedsAt, gateInput, noiseInput, type StepPlace } from "../../src/nn/step-input.js";

const place = (at: Partial<StepPlace> = {}): StepPlace => ({ seed: 0, step: 0, batch: 0, ...at });
const noise = (name: string, distribution: "gumbel" | "normal" | "uniform", count = 4000) =>
  noiseInput({ name, shape: [2, count / 2], distribution });

describe("noise", () => {
  it.each([
    { distribution: "uniform", mean: 0.5, variance: 1 / 12 },
    { distribution: "normal", mean: 0, variance: 1 },
    { distribution: "gumbel", mean: 0.5772, variance: Math.PI ** 2 / 6 },
  ] as const)("is $distribution", async ({ distribution, mean, variance }) => {
    const { x } = await feedsAt([noise("x", distribution)], place());
    expect(x).toHaveLength(4000);
    const average = x.reduce((sum, value) => sum + value, 0) / 4000;
    const spread = x.reduce((sum, value) => sum + (value - average) ** 2, 0) / 4000;
    expect(Math.abs(average - mean)).toBeLessThan(5 * Math.sqrt(variance / 4000));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(0.15);
  });

  it("differs between names, batches and seeds, and repeats itself for the same ones", async () => {
    const at = async (name: string, where: Partial<StepPlace>) =>
      (await feedsAt([noise(name, "normal", 20)], place(where)))[name].join();
    const drawn = await Promise.all([
      at("x", {}),
      at("y", {}),
      at("x", { batch: 1 }),
      at("x", { batch: 2 }),
      at("x", { seed: 1 }),
      at("y", { batch: 1 }),
    ]);
    expect(new Set(drawn).size).toBe(drawn.length);
    // Batches that are accumulated for one update have noise of their own: it is the batch that counts.
    expect(await at("x", { step: 7, batch: 1 })).toBe(drawn[2]);
  });
});

it("a gate is 1 where it is open and 0 elsewhere", async () => {
  const gate = gateInput("gate", ({ step }) => step % 3 === 0);
  const values = await Promise.all(
    [0, 1, 2, 3].map(async (step) => (await feedsAt([gate], place({ step }))).gate[0]),
  );
  expect(values).toEqual([1, 0, 0, 1]);
});

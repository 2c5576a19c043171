/** @file Weightings that remember: windows, first losses, and tasks that stay away. */
import { describe, expect, it } from "vitest";
import { weightings } from "../../src/weighting/index.js";
import { type Quadratic, weigh } from "./suite.js";

/** A loss of 2 + scale/2, with a gradient of length `scale`. */
const ofScale = (name: string, scale: number, present = true): Quadratic => ({
  name,
  scale,
  centre: [0],
  present,
});

/** State goes on from batch to batch; parameters stay as they start. */
async function follow(name: string, given: Record<string, unknown>, batches: readonly Quadratic[][]) {
  const weighting = weightings[name];
  const weights: Record<string, number>[] = [];
  let state: Record<string, number> = {};
  for (const batch of batches) {
    const outcome = await weigh(weighting, weighting.options.parse(given), batch, state);
    weights.push(outcome.values);
    const kept = Object.entries(outcome.state).filter(([key]) => !key.startsWith("logit"));
    state = Object.fromEntries(kept.map(([key, value]) => [`weighting.${key}`, value]));
  }
  return { weights, state };
}

describe("dwa", () => {
  const window = { window: 2 };

  it("weighs equally for two windows, then by the ratio of their means", async () => {
    const batches = [8, 4, 6, 2, 2].map((scale) => [ofScale("a", scale), ofScale("b", 4)]);
    const { weights } = await follow("dwa", window, batches);
    for (const values of weights.slice(0, 4)) expect(Object.values(values)).toEqual([1, 1]);
    // Means of a: 2 + 3 and 2 + 2, of b: 4 and 4.
    const [a, b] = [Math.exp(4 / 5 / 2), Math.exp(1 / 2)];
    expect(weights[4]["weight a"]).toBeCloseTo((2 * a) / (a + b), 5);
    expect(weights[4]["weight b"]).toBeCloseTo((2 * b) / (a + b), 5);
  });

  it("keeps the ratio of a task that stays away, and its weight within bounds", async () => {
    const here = [8, 4, 6, 2].map((scale) => [ofScale("a", scale), ofScale("b", 4)]);
    const away = Array.from({ length: 7 }, () => [ofScale("a", 2, false), ofScale("b", 4)]);
    const { weights, state } = await follow("dwa", window, [...here, ...away, here[3]]);
    for (const values of weights.slice(4, 11)) expect(values).toEqual({ "weight a": 0, "weight b": 1 });
    expect(state["weighting.last.a"] / state["weighting.before.a"]).toBeCloseTo(3 / 4, 5);
    const last = Object.values(weights[11]);
    expect(last[0] + last[1]).toBeCloseTo(2, 5);
    for (const weight of last) expect(weight).toBeGreaterThan(0.5);
  });
});

describe("gradnorm", () => {
  it("counts progress from the mean of a task's first losses, whenever they come", async () => {
    const batches = [
      [ofScale("a", 8), ofScale("b", 4, false)],
      [ofScale("a", 4), ofScale("b", 4)],
      [ofScale("a", 2, false), ofScale("b", 8)],
      [ofScale("a", 2), ofScale("b", 2)],
    ];
    const { state } = await follow("gradnorm", { reference: 2 }, batches);
    expect(state["weighting.first.a"]).toBeCloseTo(5, 5);
    expect(state["weighting.first.b"]).toBeCloseTo(5, 5);
    expect(state["weighting.seen.a"]).toBe(2);
  });

  it("lets gradients pull equally hard where all progress alike: the stronger one's weight falls", async () => {
    const options = weightings.gradnorm.options.parse({});
    const { state } = await weigh(weightings.gradnorm, options, [ofScale("a", 8), ofScale("b", 2)]);
    expect(state["logit.a"]).toBeGreaterThan(0.1);
    expect(state["logit.b"]).toBeLessThan(-0.1);
  });
});

describe.each(["gradnorm", "famo"])("%s", (name) => {
  it("does not move the weight of a task that stays away", async () => {
    const weighting = weightings[name];
    const known = {
      "weighting.seen.a": 1,
      "weighting.seen.b": 1,
      "weighting.log.a": 9,
      "weighting.log.b": 2,
    };
    const tasks = [ofScale("a", 8, false), ofScale("b", 2), ofScale("c", 4)];
    const { state, values } = await weigh(weighting, weighting.options.parse({}), tasks, known);
    expect(state["logit.a"]).toBeCloseTo(0, 9);
    expect(state["logit.b"]).not.toBeCloseTo(0, 3);
    expect(values["weight a"]).toBe(0);
  });

  it("bounds weights by the number of tasks", async () => {
    const weighting = weightings[name];
    const extreme = { "weighting.logit.a": 40, "weighting.logit.b": -40 };
    const { values } = await weigh(
      weighting,
      weighting.options.parse({}),
      [ofScale("a", 8), ofScale("b", 2)],
      extreme,
    );
    for (const weight of Object.values(values)) expect(weight).toBeLessThanOrEqual(2);
  });
});

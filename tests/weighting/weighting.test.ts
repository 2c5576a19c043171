import { describe, expect, it } from "vitest";
import { weightings as plugin } from "../../examples/plugins/gradient-balance.mjs";
import { Random } from "../../src/common/random.js";
import { uncertainty, weightings } from "../../src/weighting/index.js";
import { type Quadratic, weigh, weightingSuite } from "./suite.js";

for (const weighting of Object.values(weightings)) weightingSuite(weighting);
weightingSuite(plugin[0], { memory: 0 });

/** A loss of this size: p is 1, its own parameter adds 2. */
const ofLoss = (loss: number, likelihood: Quadratic["likelihood"]): Quadratic => ({
  name: "a",
  scale: 2 * (loss - 2),
  centre: [0],
  likelihood,
});

describe("uncertainty", () => {
  const options = uncertainty.options.parse({ start: -0.5 });

  // e^{-s}/2 L + s/2 and e^{-s} L + s/2, their derivatives by s, and the factor before L.
  it.each([
    ["regression", 2, 1.398721, -1.148721, 0.824361],
    ["regression", 0.5, 0.16218, 0.08782, 0.824361],
    ["classification", 2, 3.047443, -2.797443, 1.648721],
    ["classification", 0.5, 0.574361, -0.324361, 1.648721],
  ] as const)("of %s at L = %f", async (likelihood, size, loss, slope, weight) => {
    const { loss: got, state, values } = await weigh(uncertainty, options, [ofLoss(size, likelihood)]);
    expect(got).toBeCloseTo(loss, 5);
    expect(state["log-variance.a"]).toBeCloseTo(slope, 5);
    expect(values["weight a"]).toBeCloseTo(weight, 5);
  });

  it("is at rest where the weight is 1 / (2 L)", async () => {
    for (const [likelihood, s] of [
      ["regression", Math.log(2)],
      ["classification", Math.log(4)],
    ] as const) {
      const at = { "weighting.log-variance.a": s };
      const { state, values } = await weigh(uncertainty, options, [ofLoss(2, likelihood)], at);
      expect(state["log-variance.a"]).toBeCloseTo(0, 5);
      expect(values["weight a"]).toBeCloseTo(1 / 4, 5);
    }
  });

  it("leaves the variance of an absent objective alone", async () => {
    const quadratics = [ofLoss(2, "regression"), { ...ofLoss(2, "regression"), name: "b", present: false }];
    const { state } = await weigh(uncertainty, options, quadratics);
    expect(state["log-variance.b"]).toBeCloseTo(0, 9);
    expect(state["log-variance.a"]).not.toBeCloseTo(0, 2);
  });

  it("keeps weights within its bound, beyond which nothing pulls", async () => {
    const bounded = uncertainty.options.parse({ bound: 3 });
    for (const [s, weight] of [
      [-50, Math.exp(3) / 2],
      [50, Math.exp(-3) / 2],
    ]) {
      const at = { "weighting.log-variance.a": s };
      const { state, values } = await weigh(uncertainty, bounded, [ofLoss(2, "regression")], at);
      expect(values["weight a"]).toBeCloseTo(weight, 4);
      expect(state["log-variance.a"] ?? 0).toBe(0);
    }
  });
});

describe("rlw", () => {
  it("weighs by the softmax of normal numbers", async () => {
    const quadratics = ["a", "b", "c"].map((name) => ({ ...ofLoss(2, "regression"), name }));
    const { values, loss } = await weigh(weightings.rlw, {}, quadratics);
    const drawn = ["a", "b", "c"].map((name) => new Random(0, "noise", `rlw.${name}`, 0).normal());
    const sum = drawn.reduce((total, z) => total + Math.exp(z), 0);
    drawn.forEach((z, k) => {
      expect(Object.values(values)[k]).toBeCloseTo(Math.exp(z) / sum, 5);
    });
    expect(loss).toBeCloseTo(2, 5);
  });
});

describe("equal", () => {
  it("is the sum", async () => {
    const quadratics = [ofLoss(2, "regression"), { ...ofLoss(5, "regression"), name: "b" }];
    const { loss, shared } = await weigh(weightings.equal, {}, quadratics);
    expect(loss).toBeCloseTo(7, 5);
    expect(shared[0]).toBeCloseTo(6, 5);
  });
});

describe("a weighting of one's own (examples/plugins/gradient-balance.mjs)", () => {
  it("lets every objective pull equally hard", async () => {
    const { values } = await weigh(plugin[0], { memory: 0 }, [
      { name: "a", scale: 1, centre: [0, 1] },
      { name: "b", scale: 4, centre: [1, 0] },
    ]);
    // Gradients of length 1 and 4: mean 2.5.
    expect(values["weight a"]).toBeCloseTo(2.5, 4);
    expect(values["weight b"]).toBeCloseTo(0.625, 4);
  });

  it("remembers", async () => {
    const quadratics: Quadratic[] = [
      { name: "a", scale: 1, centre: [0, 1] },
      { name: "b", scale: 4, centre: [1, 0], present: false },
    ];
    const at = { "weighting.norm.a": 3, "weighting.norm.b": 7 };
    const { state } = await weigh(plugin[0], { memory: 0.5 }, quadratics, at);
    expect(state["norm.a"]).toBeCloseTo(2, 5);
    expect(state["norm.b"]).toBeCloseTo(7, 5);
  });
});

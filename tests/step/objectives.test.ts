import { describe, expect, it } from "vitest";
import { add, input } from "../../src/graph/index.js";
import type { LossTerm } from "../../src/methods/method.js";
import { gateInput, StepInputs } from "../../src/nn/step-input.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { objectivesOf, observation, weighted } from "../../src/step/objectives.js";
import { resolveTasks } from "../../src/tasks/index.js";

const tasks = resolveTasks({
  depth: { kind: "depth" },
  segmentation: { kind: "segmentation", classes: ["a", "b"] },
});
const value = (name: string) => input(name, []);
const term = (name: string, more: Partial<LossTerm> = {}): LossTerm => ({
  ...{ name, value: value(name), weight: 1 },
  ...more,
});
const observed = (name: string) => ({ value: value(name), present: value(`present ${name}`) });

async function numbers(tensors: Parameters<typeof evaluate>[1], feeds: Record<string, number>) {
  const engine = await nodeEngine({ provider: "cpu" });
  const fed = Object.fromEntries(Object.entries(feeds).map(([name, each]) => [name, Float32Array.of(each)]));
  const values = await evaluate(engine, tensors, fed);
  return Object.fromEntries(Object.entries(values).map(([name, [each]]) => [name, each]));
}

describe("objectives", () => {
  it.each([
    [1, 1, 1],
    [1, 0, 1],
    [0, 1, 1],
    [0, 0, 0],
  ])("with terms present %i and %i is present %i", async (a, b, wanted) => {
    const terms = ["a", "b"].map((name) => term(name, { objective: "depth", observed: observed(name) }));
    const { objectives } = objectivesOf(terms, tasks, new StepInputs());
    expect(objectives.map(({ name }) => name)).toEqual(["depth"]);
    const [{ present }] = objectives;
    expect(await numbers({ p: add(present, 0) }, { "present a": a, "present b": b })).toEqual({ p: wanted });
  });

  it("are summed with their weights, in the order they are named first; others stay beside them", async () => {
    const terms = [
      term("s", { objective: "segmentation", weight: 2 }),
      term("free", { weight: 5 }),
      term("d", { objective: "depth", weight: 3 }),
      term("s2", { objective: "segmentation", weight: 10 }),
    ];
    const { objectives, others } = objectivesOf(terms, tasks, new StepInputs());
    expect(objectives.map(({ name, likelihood }) => [name, likelihood])).toEqual([
      ["segmentation", "classification"],
      ["depth", "regression"],
    ]);
    const tensors = { first: objectives[0].loss, second: objectives[1].loss, other: others[0] };
    const feeds = { s: 1, free: 7, d: 2, s2: 0.5 };
    expect(await numbers(tensors, feeds)).toEqual({ first: 7, second: 6, other: 35 });
  });

  it("are always present where a term says nothing of it", async () => {
    const terms = [
      term("a", { objective: "depth", observed: observed("a") }),
      term("b", { objective: "depth" }),
    ];
    const [{ present }] = objectivesOf(terms, tasks, new StepInputs()).objectives;
    expect(await numbers({ p: add(present, 0) }, { "present a": 0 })).toEqual({ p: 1 });
  });
});

describe("a gated term", () => {
  it.each([
    [1, 1, 6, 1],
    [0, 1, 0, 0],
    [1, 0, 6, 0],
  ])("with gate %i, observed %i, weighs %i and is present %i", async (gate, present, wanted, seen) => {
    const inputs = new StepInputs();
    const gated = term("a", { weight: 3, gate: gateInput("gate", () => true), observed: observed("a") });
    const tensors = { w: weighted(gated, inputs), p: add(observation(gated, inputs).present!, 0) };
    const feeds = { a: 2, gate, "present a": present };
    expect(await numbers(tensors, feeds)).toEqual({ w: wanted, p: seen });
  });
});

import { expect, it } from "vitest";
import { Random } from "../../src/common/random.js";
import { weightings } from "../../src/weighting/index.js";
import golden from "../golden/weightings.json" with { type: "json" };
import { type Quadratic, weigh } from "./suite.js";

interface Case {
  readonly options: Record<string, unknown>;
  readonly variables: Record<string, number>;
  readonly loss: number;
  readonly shared: readonly number[];
  readonly own: Record<string, number>;
  readonly weights: Record<string, number>;
  readonly state: Record<string, number>;
}

const tasks = golden.tasks as Quadratic[];
const names = tasks.map(({ name }) => name);
const length = (values: readonly number[]) => Math.hypot(...values);

it.each(Object.entries(golden.cases as unknown as Record<string, Case>))(
  "%s gives what the papers' definitions give in float64",
  async (title, wanted) => {
    const weighting = weightings[title.split(" ")[0]];
    const got = await weigh(weighting, weighting.options.parse(wanted.options), tasks, wanted.variables);
    const distance = length(got.shared.map((value, i) => value - wanted.shared[i]));
    expect(distance / length(wanted.shared)).toBeLessThan(1e-3);
    expect(got.loss / wanted.loss).toBeCloseTo(1, 5);
    for (const name of names) {
      expect(got.own[name] / wanted.own[name], `own ${name}`).toBeCloseTo(1, 3);
      // Only the update is unique where gradients are nearly dependent.
      if (`weight ${name}` in got.values) {
        const difference = Math.abs(got.values[`weight ${name}`] - wanted.weights[name]);
        expect(difference, `weight ${name}`).toBeLessThan(2e-3 * length(Object.values(wanted.weights)));
      }
    }
    for (const [name, value] of Object.entries(wanted.state)) {
      expect(got.state[name], name).toBeCloseTo(value, 4);
    }
  },
);

it("pcgrad gives what its algorithm gives in the order that was drawn", async () => {
  const key = (name: string, other: string) => new Random(0, "noise", `pcgrad.${name}.${other}`, 0).uniform();
  const orders = names.map((name) =>
    names
      .filter((other) => other !== name)
      .sort((a, b) => key(name, a) - key(name, b))
      .join(""),
  );
  const { shared } = await weigh(weightings.pcgrad, {}, tasks);
  const wanted = (golden.pcgrad as Record<string, number[]>)[orders.join(" ")];
  shared.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i], 4);
  });
});

it("has a value for every weighting that draws nothing", () => {
  const known = new Set(Object.keys(golden.cases).map((title) => title.split(" ")[0]));
  const drawing = ["rlw", "pcgrad"];
  expect(Object.keys(weightings).filter((name) => !known.has(name) && !drawing.includes(name))).toEqual([]);
});

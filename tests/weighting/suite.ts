/**
 * @file What every weighting has to fulfil, built-in or a plugin's: run it with
 * `weightingSuite(weighting, options)`.
 */
import { describe, expect, it } from "vitest";
import { add, constant, input, mul, reduceSum, square, sub, type Tensor } from "../../src/graph/index.js";
import { ones } from "../../src/nn/initializers.js";
import { ModuleSet } from "../../src/nn/module.js";
import { feedsAt, StepInputs } from "../../src/nn/step-input.js";
import { gradientsOf } from "../../src/nn/training-graph.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { weightingContext } from "../../src/weighting/context.js";
import type { Objective, WeightingDefinition } from "../../src/weighting/weighting.js";

/** One objective: a |p - c|²/2 of the shared p, and (h - 1)²/2 of a parameter of its own. */
export interface Quadratic {
  readonly name: string;
  readonly scale: number;
  readonly centre: readonly number[];
  /** Whether the batch says something of it. Default true. */
  readonly present?: boolean;
  readonly likelihood?: Objective["likelihood"];
}

export interface Outcome {
  readonly loss: number;
  /** What p goes down by. */
  readonly shared: number[];
  /** What each objective's own parameter goes down by. */
  readonly own: Record<string, number>;
  readonly values: Record<string, number>;
  /** What its own variables become. */
  readonly state: Record<string, number>;
}

/**
 * Weighs quadratics at p = 1 and h = 3; `variables` are values of the weighting's own variables, by their
 * names, else as they start.
 */
export async function weigh<O>(
  weighting: WeightingDefinition<O>,
  options: O,
  quadratics: readonly Quadratic[],
  variables: Readonly<Record<string, number>> = {},
): Promise<Outcome> {
  const modules = new ModuleSet();
  const scope = modules.scope();
  const size = quadratics[0].centre.length;
  const p = scope.parameter("p", [size], ones);
  const objectives = quadratics.map((each): Objective => {
    const h = scope.parameter(`own.${each.name}`, [], ones);
    const distance = reduceSum(square(sub(p, constant(each.centre, [size]))));
    const whole = mul(add(mul(distance, each.scale), square(sub(h, 1))), 0.5);
    const present = input(`present.${each.name}`, []);
    return {
      name: each.name,
      likelihood: each.likelihood ?? "regression",
      loss: mul(whole, present),
      present,
    };
  });
  const inputs = new StepInputs();
  const { context, updates } = weightingContext({ objectives, modules, lastShared: ["p"], inputs });
  const { loss, gradients, values = {} } = weighting.combine(context, options);
  const all = new Map([...gradientsOf(loss, modules.trained()), ...(gradients ?? [])]);
  const outputs: Record<string, Tensor> = { loss };
  for (const [{ name }, gradient] of all) outputs[`gradient ${name}`] = gradient;
  for (const [name, value] of Object.entries(values)) outputs[`value ${name}`] = value;
  for (const [name, value] of updates) outputs[`state ${name}`] = value;
  const feeds: Record<string, Float32Array> = {};
  for (const variable of modules.all()) {
    const { name } = variable;
    const value = modules.initialValue(variable, 0);
    feeds[name] = name.startsWith("own.") ? Float32Array.of(3) : value;
    if (name in variables) feeds[name] = Float32Array.of(variables[name]);
  }
  for (const { name, present = true } of quadratics) {
    feeds[`present.${name}`] = Float32Array.of(present ? 1 : 0);
  }
  Object.assign(feeds, await feedsAt(inputs.all(), { seed: 0, step: 0, batch: 0 }));
  const found = await evaluate(await nodeEngine({ provider: "cpu", threads: 1 }), outputs, feeds);
  const under = (prefix: string) =>
    Object.fromEntries(
      Object.entries(found)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, [value]]) => [name.slice(prefix.length), value]),
    );
  return {
    loss: found.loss[0],
    shared: [...(found["gradient p"] ?? new Float32Array(size))],
    own: under("gradient own."),
    values: under("value "),
    state: { ...under("gradient weighting."), ...under("state weighting.") },
  };
}

const THREE: readonly Quadratic[] = [
  { name: "a", scale: 2, centre: [3, 0, 1], likelihood: "classification" },
  { name: "b", scale: 0.5, centre: [-1, 2, 0] },
  { name: "c", scale: 5, centre: [0, 0.5, 4] },
];

function expectAlike(got: Outcome, wanted: Outcome, names: readonly string[]): void {
  got.shared.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted.shared[i], 4);
  });
  for (const name of names) {
    expect(got.own[name] ?? 0, name).toBeCloseTo(wanted.own[name] ?? 0, 4);
    if (`weight ${name}` in wanted.values)
      expect(got.values[`weight ${name}`]).toBeCloseTo(wanted.values[`weight ${name}`], 4);
  }
}

export function weightingSuite<O>(
  weighting: WeightingDefinition<O>,
  given: Record<string, unknown> = {},
): void {
  const options = weighting.options.parse(given);
  const under = (quadratics: readonly Quadratic[]) => weigh(weighting, options, quadratics);

  describe(`weighting ${weighting.name}`, () => {
    it("does not depend on the order of objectives", async () => {
      const names = THREE.map(({ name }) => name);
      expectAlike(await under([THREE[2], THREE[0], THREE[1]]), await under(THREE), names);
    });

    it("takes an objective that the batch says nothing of as none", async () => {
      const absent: Quadratic = { name: "d", scale: 3, centre: [5, 5, 5], present: false };
      const [without, withIt] = [await under(THREE), await under([...THREE, absent])];
      expect(withIt.own.d ?? 0).toBeCloseTo(0, 6);
      // The weights of the others may be scaled as a whole where their number counts; the direction is the
      // same.
      const ratio = withIt.shared[0] / without.shared[0];
      expect(ratio).toBeGreaterThan(0);
      withIt.shared.forEach((value, i) => {
        expect(value).toBeCloseTo(ratio * without.shared[i], 3);
      });
    });

    it("moves nothing where the batch says nothing", async () => {
      const outcome = await under(THREE.map((each) => ({ ...each, present: false })));
      for (const value of [...outcome.shared, ...Object.values(outcome.own)]) expect(value).toBeCloseTo(0, 9);
      for (const value of [...Object.values(outcome.values), ...Object.values(outcome.state)]) {
        expect(Number.isFinite(value)).toBe(true);
      }
    });

    it("stays finite where a loss is zero, and at huge and tiny ones", async () => {
      for (const scale of [0, 1e-6, 1e6]) {
        const outcome = await under([THREE[0], { ...THREE[1], scale }, THREE[2]]);
        const numbers = [outcome.loss, ...outcome.shared, ...Object.values(outcome.own)];
        const logged = [...Object.values(outcome.values), ...Object.values(outcome.state)];
        for (const value of [...numbers, ...logged]) expect(Number.isFinite(value)).toBe(true);
      }
    });

    it("lets every objective pull at its own parameter in its direction", async () => {
      const { own } = await under(THREE);
      expect(Object.keys(own).sort()).toEqual(["a", "b", "c"]);
      for (const value of Object.values(own)) expect(value).toBeGreaterThan(0);
    });
  });
}

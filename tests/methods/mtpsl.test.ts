import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UserError } from "../../src/common/errors.js";
import { Random } from "../../src/common/random.js";
import { input } from "../../src/graph/index.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { directMap } from "../../src/methods/direct-map.js";
import type { MethodDefinition } from "../../src/methods/method.js";
import { mtpsl } from "../../src/methods/mtpsl/mtpsl.js";
import { pairLatents } from "../../src/methods/mtpsl/pair-space.js";
import { orderedPairs, type PairChoice, pairSlots } from "../../src/methods/pairs.js";
import { perceptualMap } from "../../src/methods/perceptual-map.js";
import { Layer } from "../../src/nn/layer.js";
import { ModuleSet, type Variable } from "../../src/nn/module.js";
import { Forward } from "../../src/nn/scope.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { buildMethod, gradientNorms, normUnder, reach, TASKS, values } from "./helpers.js";

const ALL = TASKS.map(({ name }) => name);

describe("pairs", () => {
  it("are numbered as the released code numbers FiLM's columns", () => {
    for (const [index, { source, target }] of orderedPairs(4).entries()) {
      expect(index).toBe(source * 3 + (target < source ? target : target - 1));
    }
  });

  it("find a slot each where they count, and no other does", async () => {
    const engine = await nodeEngine();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 6 }).chain((count) =>
          fc.array(fc.array(fc.boolean(), { minLength: count, maxLength: count }), {
            minLength: 1,
            maxLength: 4,
          }),
        ),
        fc.constantFrom<PairChoice>("unlabelled", "all"),
        async (labelled, which) => {
          const [batch, count] = [labelled.length, labelled[0].length];
          const pairs = orderedPairs(count);
          const slots = pairSlots(input("labelled", [batch, count]), which);
          const feeds = { labelled: Float32Array.from(labelled.flat(), Number) };
          const { choice, counts } = await evaluate(engine, { ...slots }, feeds);
          const places = slots.counts.shape[1];
          labelled.forEach((flags, n) => {
            const held = Array.from({ length: places }, (_, j) => {
              const from = (n * places + j) * pairs.length;
              const row = [...choice.subarray(from, from + pairs.length)];
              expect(row.reduce((sum, value) => sum + value)).toBe(1);
              return row.indexOf(1);
            });
            expect(new Set(held).size).toBe(places);
            const wanted = pairs.flatMap(({ source, target }, p) =>
              flags[target] && (which === "all" || !flags[source]) ? [p] : [],
            );
            expect(held.filter((_, j) => counts[n * places + j] === 1)).toEqual(wanted);
          });
        },
      ),
      { numRuns: 25 },
    );
  });

  it.each([mtpsl, directMap, perceptualMap] as MethodDefinition[])(
    "of one task are refused by $name",
    (method) => {
      expect(() => buildMethod(method, { width: 2 }, [["depth"], ["depth"]], TASKS.slice(1, 2))).toThrow(
        UserError,
      );
    },
  );
});

it("as released refuses tasks that the released code lacks", () => {
  const tasks = resolveTasks({ depth: { kind: "depth" }, edges2d: { kind: "edges2d" } });
  const build = (variant: string) => buildMethod(mtpsl, { width: 2, variant }, [["depth"], ["depth"]], tasks);
  expect(() => build("released")).toThrow(UserError);
  expect(() => build("paper")).not.toThrow();
});

describe("the mapping network", () => {
  const build = (width: number, channels: number, statistics: "batch" | "sample" = "batch") => {
    const variables = new ModuleSet();
    const inputs = TASKS.map(({ name }, i) => {
      const shape = [2, [13, 1, 3][i], 32, 64];
      return { name, prediction: input(`${name}.prediction`, shape), label: input(`${name}.label`, shape) };
    });
    const choice = input("choice", [2, 2, 6]);
    const latents = pairLatents(
      new Layer(variables.scope(), new Forward("train", { statistics })),
      inputs,
      choice,
      {
        width,
        channels,
      },
    );
    return { variables, latents };
  };
  const sizes = (variables: ModuleSet, wanted: (variable: Variable) => boolean) =>
    variables
      .trained()
      .filter(wanted)
      .map(({ tensor }) => sizeOf(tensor.shape));
  const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);

  it("has the parameters of the released code's", () => {
    const { variables } = build(64, 512);
    const [film] = mtpsl.groups!(mtpsl.options.parse({}));
    expect(sum(sizes(variables, () => true))).toBe(14_819_328);
    const own = sizes(variables, ({ group }) => group === film.name);
    expect(own).toHaveLength(26);
    expect(sum(own)).toBe(50_688);
  });

  // What a map's latent depends on tells what its statistics are taken over.
  it.each([
    ["batch", true],
    ["sample", false],
  ] as const)("normalises by statistics of the %s", async (statistics, shared) => {
    const { variables, latents } = build(2, 4, statistics);
    const random = new Random(1);
    const feeds: Record<string, Float32Array> = { choice: new Float32Array(2 * 2 * 6) };
    // Both samples: segmentation to depth, then normals to depth.
    for (const [slot, pair] of [0, 5, 0, 5].entries()) feeds.choice[slot * 6 + pair] = 1;
    for (const [i, { name }] of TASKS.entries()) {
      for (const end of ["prediction", "label"]) {
        const length = 2 * [13, 1, 3][i] * 32 * 64;
        feeds[`${name}.${end}`] = Float32Array.from({ length }, () => random.normal());
      }
    }
    for (const variable of variables.all()) feeds[variable.name] = variables.initialValue(variable, 0);
    const engine = await nodeEngine();
    const first = async () => (await evaluate(engine, { ...latents }, feeds)).source.slice(0, 8);
    const before = await first();
    feeds["depth.label"] = feeds["depth.label"].map((value, i) => (i < 32 * 64 ? value : 9 * value));
    const after = await first();
    const change = Math.max(...after.map((value, i) => Math.abs(value - before[i])));
    if (shared) expect(change).toBeGreaterThan(1e-2);
    else expect(change).toBeLessThan(1e-6);
  });

  it("gives latents of 1/32 of the size, one a slot", () => {
    const { source, target } = build(2, 7).latents;
    expect(source.shape).toEqual([4, 7, 1, 2]);
    expect(target.shape).toEqual([4, 7, 1, 2]);
  });
});

describe("mtpsl's FiLM group", () => {
  it("owns no parameter but the pairs' own, at the released rate", () => {
    const [film, ...others] = mtpsl.groups!(mtpsl.options.parse({}));
    expect(others).toEqual([]);
    expect(film.learningRate).toBe(1e-3);
    const { variables } = buildMethod(mtpsl, { width: 2 }, [[], []]);
    const owned = variables.trained().filter(({ group }) => group === film.name);
    expect(owned).toHaveLength(26);
    expect(owned.every(({ name }) => /^helper\.mtpsl\.(encoder_block|conv_block_enc)/.test(name))).toBe(true);
  });
});

describe.each(["paper", "released"])("mtpsl, %s", (variant) => {
  const built = (labelled: string[][], options = {}) =>
    buildMethod(mtpsl, { width: 2, variant, ...options }, labelled);

  it("counts no pair where nothing or everything is labelled", async () => {
    for (const labelled of [
      [[], []],
      [ALL, ALL],
    ]) {
      const terms = await values(built(labelled));
      expect(terms["mtpsl.consistency"]).toBe(0);
      expect(terms["mtpsl.regularisation"]).toBe(0);
    }
  });

  it("counts all pairs of fully labelled samples on request, though none without labels", async () => {
    expect((await values(built([ALL, ALL], { pairs: "all" })))["mtpsl.consistency"]).toBeGreaterThan(0);
    expect((await values(built([[], []], { pairs: "all" })))["mtpsl.consistency"]).toBe(0);
  });

  it("trains network and mapping by the consistency", async () => {
    const { kept, helper } = await reach(built([["depth"], ["segmentation"]]), "mtpsl.consistency");
    expect(kept).toBeGreaterThan(0);
    expect(helper).toBeGreaterThan(0);
  });

  it("reaches the heads of unlabelled tasks alone: labelled predictions enter no loss but their own", async () => {
    const norms = await gradientNorms(built([["depth"], ["depth"]]), "mtpsl.consistency");
    expect(normUnder(norms, "head.segmentation.")).toBeGreaterThan(0);
    expect(normUnder(norms, "head.normals.")).toBeGreaterThan(0);
    expect(normUnder(norms, "head.depth.")).toBe(0);
  });

  it("has the regularisation as a term of half the weight, or not at all", () => {
    const regularised = built([["depth"], ["depth"]]);
    expect(regularised.terms.map(({ name, weight }) => [name, weight])).toEqual([
      ...ALL.map((name) => [name, 1]),
      ["mtpsl.consistency", 2],
      ["mtpsl.regularisation", 1],
    ]);
    expect(built([[], []], { regularisation: false }).terms.map(({ name }) => name)).toEqual([
      ...ALL,
      "mtpsl.consistency",
    ]);
  });
});

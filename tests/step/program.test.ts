import { describe, expect, test } from "vitest";
import { type MethodDefinition, supervised } from "../../src/methods/index.js";
import { segnet } from "../../src/models/segnet.js";
import { zeros } from "../../src/nn/initializers.js";
import { sgd } from "../../src/nn/optimizers/sgd.js";
import { buildTerms, buildTraining } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { stepPlan } from "../helpers/plan.js";

const tasks = resolveTasks({ depth: { kind: "depth" } });
const base = { tasks, network: segnet({ width: 2 }), batchSize: 1, size: [32, 32] as const };

describe("a program", () => {
  test("has the groups of its method, each with slots of its own", () => {
    const method: MethodDefinition = {
      ...(supervised as MethodDefinition),
      groups: () => [{ name: "extra", optimizer: sgd({ momentum: 0.9 }), learningRate: 1 }],
      build(context, options) {
        const { terms } = supervised.build(context, options as { variant: "paper" });
        const extra = context.helper("beside").inGroup("extra").parameter("value", [], zeros);
        return { terms: [...terms, { name: "extra", value: extra, weight: 1 }] };
      },
    };
    const { groups, graph } = buildTraining(stepPlan(method, {}, base));
    expect(groups.map(({ name }) => name)).toEqual(["main", "extra"]);
    expect(groups[1].parameters.map(({ name }) => name)).toEqual(["helper.beside.value"]);
    const slots = graph.slots.map(({ name }) => name);
    expect(slots).toContain("optimizer.extra.velocity.helper.beside.value");
    expect(slots).toContain("optimizer.main.m.head.depth.0.weight");
  });

  test("takes what the host feeds under the names its method gave", () => {
    const method: MethodDefinition = {
      ...(supervised as MethodDefinition),
      build(context) {
        const value = context.input({ name: "wind", shape: [], value: ({ step }) => Float32Array.of(step) });
        return { terms: [{ name: "wind", value, weight: 1 }] };
      },
    };
    const { inputs } = buildTerms(stepPlan(method, {}, base));
    expect(inputs.all().map(({ name }) => name)).toEqual(["wind"]);
    expect(inputs.all()[0].value({ seed: 0, step: 7, batch: 7 })).toEqual(Float32Array.of(7));
  });

  test("names an averaged copy of everything the kept network has, where averages are asked for", () => {
    const { modules } = buildTraining(stepPlan(supervised, {}, { ...base, emaDecay: 0.9 }));
    const kept = modules.of("").map(({ path }) => path);
    expect(modules.of("ema").map(({ path }) => path)).toEqual(kept);
    expect(buildTraining(stepPlan(supervised, {}, base)).modules.of("ema")).toEqual([]);
  });

  test("refuses two modules of one name, and a variable declared twice in different shapes", () => {
    const { modules } = buildTerms(stepPlan(supervised, {}, base));
    expect(() => modules.scope({ name: "", kept: false })).toThrow("two modules");
    modules.scope().parameter("twice", [1], zeros);
    expect(() => modules.scope().parameter("twice", [2], zeros)).toThrow("declared as parameter [1]");
  });
});

import { describe, expect, test } from "vitest";
import { type MethodDefinition, supervised } from "../../src/methods/index.js";
import { segnet } from "../../src/models/index.js";
import { optimizers } from "../../src/nn/optimizers/index.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { buildTraining, MAIN_GROUP } from "../../src/training/program.js";

const { adam } = optimizers;

describe("buildTraining", () => {
  test("a parameter goes to the first group that owns it; each group has rates and slots of its own", () => {
    const method: MethodDefinition = {
      ...(supervised as MethodDefinition),
      groups: () => [
        { name: "heads", owns: (name) => name.startsWith("head.") },
        { name: "biases", owns: (name) => name.endsWith(".bias"), learningRate: 1 },
      ],
    };
    const { groups, graph } = buildTraining({
      tasks: resolveTasks({ depth: { kind: "depth" } }),
      network: segnet({ width: 2 }),
      method,
      methodOptions: supervised.options.parse({}),
      optimizer: adam.create(adam.options.parse({})),
      batchSize: 1,
      size: [32, 32],
    });
    expect(groups.map(({ name }) => name)).toEqual([MAIN_GROUP, "heads", "biases"]);
    const [main, heads, biases] = groups.map(({ parameters }) => parameters.map(({ name }) => name));
    expect(heads).toContain("head.depth.0.bias");
    expect(biases.every((name) => name.endsWith(".bias") && !name.startsWith("head."))).toBe(true);
    expect(main.every((name) => name.endsWith(".weight") && !name.startsWith("head."))).toBe(true);
    const slots = graph.slots.map(({ name }) => name);
    expect(
      slots.some((name) => name.startsWith("optimizer.heads.") && name.endsWith("head.depth.0.bias")),
    ).toBe(true);
  });
});

/** @file Depths from smaller maps are held to the photometric loss, beside a method and in a collective. */
import { describe, expect, it } from "vitest";
import { mediatorMethod } from "../../src/collective/mediator.js";
import { constraintMethod } from "../../src/constraints/beside-method.js";
import type { ConstraintContext } from "../../src/constraints/constraint.js";
import { photometric } from "../../src/constraints/photometric.js";
import { gradientsOrNull, input } from "../../src/graph/index.js";
import type { MethodDefinition } from "../../src/methods/index.js";
import { depthNet } from "../../src/models/depth-net.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import { buildTerms } from "../../src/step/program.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { wave } from "../helpers/waves.js";

const SIZE = [32, 64] as const;
const tasks = resolveTasks({ depth: { kind: "depth" } });
const options = photometric.options.parse({});

describe("depth predicted from smaller maps", () => {
  it("counts as much as the last map's", async () => {
    const depths = ["last", "smaller"].map((name) => input(name, [1, 1, ...SIZE]));
    const context = (chosen: readonly number[]): ConstraintContext => ({
      ...{ tasks, batchSize: 1, size: SIZE },
      frame: (index) => ({
        image: input(`image${index}`, [1, 3, ...SIZE]),
        camera: input("camera", [1, 4]),
        predictions: { depth: depths[chosen[0]] },
        coarser: { depth: chosen.slice(1).map((i) => depths[i]) },
      }),
      motion: () => ({
        rotation: input("rotation", [1, 3, 3]),
        translation: input("translation", [1, 3]),
        residual: null,
      }),
    });
    const rgbOf = async (chosen: readonly number[]) => {
      const [{ value }] = photometric.build(context(chosen), options);
      const feeds = {
        ...{ image0: wave("a", [1, 3, ...SIZE]), image1: wave("b", [1, 3, ...SIZE]) },
        ...{ last: wave("last", [1, 1, ...SIZE]).map((each) => 5 + each) },
        ...{ smaller: wave("smaller", [1, 1, ...SIZE]).map((each) => 2 + each) },
        ...{ camera: Float32Array.of(50, 50, 32, 16), translation: Float32Array.of(0.1, 0, -0.2) },
        rotation: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
      };
      return (await evaluate(await nodeEngine({ provider: "cpu" }), { value }, feeds)).value[0];
    };
    const [last, smaller, both] = await Promise.all([[0], [1], [0, 1]].map(rgbOf));
    expect(smaller).not.toBeCloseTo(last, 3);
    expect(both).toBeCloseTo((last + smaller) / 2, 5);
  });

  const plan = { constraints: [], tasks, frames: { count: 2, step: 1 }, arrays: ["camera", "pose"] as const };
  const tie = { definition: photometric, options: options as unknown as Record<string, unknown> };
  it.each<[string, MethodDefinition]>([
    ["beside a method", constraintMethod(photometric) as MethodDefinition],
    ["in a collective", mediatorMethod(plan, [tie as never], false) as unknown as MethodDefinition],
  ])("learns %s", (_, method) => {
    const { terms, modules } = buildTerms({
      ...{ tasks, batchSize: 1, size: SIZE, method: { method, options } },
      network: depthNet({ encoder: "resnet18", width: 4, near: 0.1, far: 100, scales: 4 }),
    });
    const own = modules.trained().filter(({ path }) => /^scale[123]\./.test(path));
    expect(own).toHaveLength(6);
    const outputs = terms.map(({ value }) => ({ output: value }));
    const gradients = gradientsOrNull(
      outputs,
      own.map(({ tensor }) => tensor),
    );
    expect(gradients.every((gradient) => gradient !== null)).toBe(true);
  });
});

import { expect, test } from "vitest";
import { z } from "zod";
import { mul } from "../../src/graph/index.js";
import type { MethodDefinition } from "../../src/methods/index.js";
import { methods } from "../../src/methods/index.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";
import { Disagreement } from "../../src/step/disagreement.js";
import { resolveTasks } from "../../src/tasks/index.js";

const tasks = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b"] },
  depth: { kind: "depth" },
});
const size = [1, 2] as const;
const map = (...data: number[]) => ({
  width: 2,
  height: 1,
  channels: data.length / 2,
  data: Float32Array.from(data),
});
const PREDICTIONS = { segmentation: map(3, 0, 1, 2), depth: map(1, 4) };

/** What is "made of the other tasks" is the task's own prediction times numbers. */
function timesOwn(factors: Readonly<Record<string, readonly number[]>>): MethodDefinition {
  return {
    ...{ name: "times", options: z.unknown(), build: () => ({ terms: [] }) },
    transferred: (_context, predictions) =>
      Object.fromEntries(
        Object.entries(factors).map(([task, all]) => [
          task,
          all.map((factor) => mul(predictions[task], factor)),
        ]),
      ),
  };
}

async function compared(method: MethodDefinition) {
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const plan = { tasks, size, method: { method, options: {} } };
  const disagreement = await Disagreement.create(engine, new StateStore(engine), plan);
  const found = await disagreement?.of(PREDICTIONS);
  await disagreement?.release();
  return found && Object.fromEntries(Object.entries(found).map(([task, values]) => [task, [...values]]));
}

test.each([
  ["none where all say the same", { segmentation: [1], depth: [1] }, { segmentation: [0, 0], depth: [0, 0] }],
  // Errors of depth count from none to half of it.
  ["a share of the largest error that is drawn", { depth: [0.8] }, { depth: [0.5, 0.5] }],
  ["the mean over the others, each at most 1", { depth: [0.8, 9] }, { depth: [0.75, 0.75] }],
  ["other classes", { segmentation: [-1] }, { segmentation: [1, 1] }],
])("disagreement: %s", async (_name, factors, expected) => {
  const found = (await compared(timesOwn(factors as Record<string, number[]>)))!;
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [task, values] of Object.entries(expected)) {
    values.forEach((value, i) => {
      expect(found[task][i]).toBeCloseTo(value, 5);
    });
  }
});

test("methods without helper networks from task to task have none", async () => {
  expect(await compared(methods.supervised)).toBeUndefined();
  expect(await compared(timesOwn({}))).toBeUndefined();
});

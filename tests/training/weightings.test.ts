import { join } from "node:path";
import { expect, test } from "vitest";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const tasks = ["segmentation", "depth", "normals"];

/** Of each step on images with one label each: which tasks the batch had labels of, and the weights. */
async function stepsUnder(weighting: string, batchSize: number) {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 8, val: 1 });
  const set = ["steps=6", "evaluation.every=6", `batchSize=${batchSize}`, `weighting=${weighting}`];
  await train({ config: tinyConfig(folder, ...set), folder: join(folder, "run") });
  const records = readMetrics(join(folder, "run", "metrics.jsonl"));
  return records.flatMap((record) => {
    if (record.kind !== "step") return [];
    const { losses, values = {} } = record;
    const weights = Object.fromEntries(tasks.map((task) => [task, values[`weight ${task}`]]));
    return [{ here: tasks.filter((task) => losses[task] !== null), weights }];
  });
}

test.each(["{name: dwa, window: 2}", "{name: gradnorm}", "{name: upgrad}", "{name: mgda}"])(
  "%s takes the one task that a batch has labels of as all there is",
  async (weighting) => {
    for (const { here, weights } of await stepsUnder(weighting, 1)) {
      expect(here).toHaveLength(1);
      for (const task of tasks) expect(weights[task]).toBeCloseTo(here.includes(task) ? 1 : 0, 3);
    }
  },
);

test("gradnorm's weights sum to the number of tasks at hand, and move", async () => {
  const steps = await stepsUnder("{name: gradnorm, learningRate: 0.1}", 4);
  for (const { here, weights } of steps) {
    expect(Object.values(weights).reduce((sum, weight) => sum + weight)).toBeCloseTo(here.length, 4);
  }
  const last = steps[5].here.map((task) => steps[5].weights[task]);
  expect(Math.max(...last) - Math.min(...last)).toBeGreaterThan(0.1);
});

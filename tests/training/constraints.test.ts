import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readMetrics, type StepRecord, train } from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

let folder: string;
beforeEach(() => {
  folder = scratchFolder();
  process.env.TASKLOOM_CACHE = join(folder, "cache");
});
afterEach(() => {
  delete process.env.TASKLOOM_CACHE;
});

const ROOMS = [
  ...["data={world: rooms, train: 4, val: 1, test: 1, size: [32, 32]}", "tasks=[depth, normals]"],
  ...["labels={scenario: full}", "batchSize=2", "steps=2", "evaluation={split: null}"],
];

async function stepsOf(...set: readonly string[]): Promise<StepRecord[]> {
  const run = join(folder, "run");
  await train({ config: tinyConfig(folder, ...ROOMS, "checkpoint.best=null", ...set), folder: run });
  return readMetrics(join(run, "metrics.jsonl")).filter((record) => record.kind === "step");
}

test("a constraint ties two heads of one network, beside any method", async () => {
  const steps = await stepsOf("method={name: supervised, with: [{name: depth-normals, weight: 0.5}]}");
  const { losses } = steps[0];
  expect(Object.keys(losses)).toEqual(["depth", "normals", "depth-normals", "total"]);
  // Both tasks of every image are labelled: their mean is the supervised loss.
  const supervised = (losses.depth! + losses.normals!) / 2;
  expect(losses.total).toBeCloseTo(supervised + 0.5 * losses["depth-normals"]!, 4);
});

test("a learned and a known relation are trained together", async () => {
  const [{ losses }] = await stepsOf("method={name: jtr, width: 4, with: [{name: depth-normals}]}");
  expect(Object.keys(losses)).toEqual(expect.arrayContaining(["jtr.distance", "depth-normals"]));
  expect(losses["jtr.distance"]).toBeGreaterThan(0);
});

test("a task without any label may learn from its relation alone", async () => {
  const labels = "labels={scenario: fraction, fractions: {depth: 1, normals: 0}}";
  const steps = await stepsOf(labels, "method={name: supervised, with: [{name: depth-normals}]}");
  expect(steps.map(({ losses }) => losses.normals)).toEqual([null, null]);
});

test("what a constraint needs and the data lacks is said before anything is written", async () => {
  await writeTiny(join(folder, "data"));
  const run = join(folder, "tiny");
  const start = (...set: string[]) => train({ config: tinyConfig(folder, "steps=1", ...set), folder: run });
  const withConstraint = (name: string) => `method={name: supervised, with: [{name: ${name}}]}`;
  expect((await userError(() => start(withConstraint("depth-normals")))).facts.code).toBe("data.no-camera");
  const { facts } = await userError(() => start("tasks=[normals]", withConstraint("depth-smoothness")));
  expect(facts).toMatchObject({ code: "constraint.no-task", where: "depth-smoothness" });
  expect((await userError(() => start(withConstraint("photometric")))).facts.code).toMatch(/^data\./);
  expect(existsSync(run)).toBe(false);
});

import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openRunData, readMetrics, type StepRecord, train } from "../../src/training/index.js";
import { checkRunLabels } from "../../src/training/label-check.js";
import { networkOf } from "../../src/training/parts.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

async function dataWithout(...folders: string[]): Promise<string> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  for (const name of folders) rmSync(join(folder, "data", name), { recursive: true });
  return folder;
}

async function warnings(folder: string, ...overrides: string[]): Promise<string[]> {
  const config = tinyConfig(folder, ...overrides);
  return await checkRunLabels(config, await openRunData(config, networkOf(config)), () => undefined);
}

test("a run whose task has no label stops before its first step and leaves nothing behind", async () => {
  const folder = await dataWithout("train/depth");
  const run = join(folder, "run");
  const { facts } = await userError(() => train({ config: tinyConfig(folder), folder: run }));
  expect(facts.code).toBe("data.task-without-labels");
  expect(existsSync(run)).toBe(false);
});

test("what checkpoints are chosen by must be measured; other tasks need not be", async () => {
  const folder = await dataWithout("val/depth");
  const error = await userError(() => warnings(folder));
  expect(error.facts.code).toBe("data.task-not-measured");
  const chosen = ["checkpoint.best=segmentation.mIoU"];
  expect((await warnings(folder, ...chosen)).join()).toContain("no image of split val has a label for depth");
  const stopping = "earlyStopping={metric: depth.aErr, patience: 2}";
  expect((await userError(() => warnings(folder, ...chosen, stopping))).facts.code).toBe(
    "data.task-not-measured",
  );
  expect(await warnings(folder, "evaluation.split=null", "checkpoint.best=null")).toEqual([]);
});

test("a task whose name begins like another's is not measured for it", async () => {
  const folder = await dataWithout();
  const about = readFileSync(join(folder, "data/dataset.yaml"), "utf8");
  writeFileSync(
    join(folder, "data/dataset.yaml"),
    about.replace("  depth:", "  dep:\n    kind: depth\n  depth:"),
  );
  cpSync(join(folder, "data/train/depth"), join(folder, "data/train/dep"), { recursive: true });
  const [warning] = await warnings(folder, "checkpoint.best=depth.aErr");
  expect(warning).toContain("no image of split val has a label for dep");
  expect((await userError(() => warnings(folder, "checkpoint.best=dep.aErr"))).facts.code).toBe(
    "data.task-not-measured",
  );
});

test("a run goes on where files of its labels.json are gone, and says so", async () => {
  const folder = await dataWithout();
  const run = join(folder, "run");
  await train({ config: tinyConfig(folder, "steps=1"), folder: run });
  rmSync(join(folder, "data/train/image/train-0.png"));
  const said: string[] = [];
  await train({
    config: tinyConfig(folder, "steps=1"),
    folder: run,
    resume: true,
    log: (line) => said.push(line),
  });
  expect(said.join("\n")).toContain("1 sample (train-0) no longer in the dataset: left out.");
});

test("batches that will hold no label are told of, and how to mend them", async () => {
  const folder = await dataWithout();
  const bare = ["labels={scenario: full, unlabelled: 0.75}", "batchSize=1"];
  const [warning] = await warnings(folder, ...bare);
  expect(warning).toContain("about 75 % of the batches will hold no label: 6 of 8 training images have none");
  expect(warning).toContain("`sampling: {balance: tasks}`");
  expect(await warnings(folder, ...bare, "sampling={balance: tasks}")).toEqual([]);
  expect(await warnings(folder, ...bare, "append={count: 1}")).toEqual([]);
  expect(await warnings(folder, bare[0], "batchSize=7")).toEqual([]);
});

test("a run of balanced batches trains every task in every step", async () => {
  const folder = await dataWithout();
  const run = join(folder, "run");
  const config = tinyConfig(
    folder,
    "labels={scenario: onelabel, unlabelled: 0.5}",
    "sampling={balance: tasks}",
    "steps=4",
  );
  await train({ config, folder: run });
  const steps = readMetrics(join(run, "metrics.jsonl")).filter((record) => record.kind === "step");
  expect(steps).toHaveLength(4);
  for (const { losses } of steps as StepRecord[]) {
    for (const task of ["segmentation", "depth", "normals"]) expect(losses[task]).toBeGreaterThan(0);
  }
});

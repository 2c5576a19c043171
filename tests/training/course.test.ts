import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeRunReport } from "../../src/report/index.js";
import { train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

test("a run tells of its course: what it has, what it built, its steps and the images it evaluates", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const config = tinyConfig(
    folder,
    "method={name: jtr, width: 4}",
    "steps=2",
    "evaluation={every: 1, batchSize: 2}",
  );
  const told: string[] = [];
  await train({
    config,
    folder: join(folder, "run"),
    recorders: [listener((step) => told.push(`record ${step}`))],
    onPrepared: ({ labels, data }) =>
      told.push(`${Object.keys(labels).length} of ${data.dataset.info.splits.train.length} images`),
    onBuilt: ({ parameters }) =>
      told.push(`built ${parameters.network > 1000 && parameters.helpers > 1000 ? "both networks" : ""}`),
    onStart: ({ step }) => told.push(`start after ${step}`),
    onEvaluation: ({ split, done, total }) => told.push(`${split} ${done}/${total}`),
  });
  const evaluation = ["val 0/3", "val 2/3", "val 3/3"];
  expect(told).toEqual([
    "8 of 8 images",
    "built both networks",
    "start after 0",
    ...["record 1", ...evaluation, "record 1"],
    ...["record 2", ...evaluation, "record 2"],
  ]);
});

test("a run that was interrupted before its first step has a report, too", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const run = join(folder, "run");
  const result = await train({ config: tinyConfig(folder), folder: run, signal: AbortSignal.abort() });
  expect(result).toMatchObject({ outcome: "interrupted", step: 0 });
  const { path } = await writeRunReport(run, result.tasks, ["interrupted"]);
  expect(existsSync(path)).toBe(true);
});

/**
 * @file A collective on videos: constraints between two frames, whose motion is that of the cameras' poses.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stringify } from "yaml";
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { readMetrics } from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { writeTiny } from "../helpers/tiny.js";

let folder: string;
beforeEach(() => {
  folder = scratchFolder();
  process.env.TASKLOOM_CACHE = join(folder, "cache");
});
afterEach(() => {
  delete process.env.TASKLOOM_CACHE;
});

const VIDEO = { world: "streets", train: 2, val: 1, test: 1, video: 3, size: [32, 64] };

async function configOf(changes: object) {
  const path = join(folder, "collective.yaml");
  const module = (task: string, model: object, data: unknown) => ({
    tasks: [task],
    model,
    data,
    batchSize: 2,
  });
  const text = stringify({
    mediator: { data: VIDEO, frames: 2, batchSize: 2 },
    modules: {
      depth: module("depth", { name: "depth-net", encoder: "resnet18", width: 4 }, "none"),
      segmentation: module("segmentation", { name: "segnet", width: 2 }, VIDEO),
    },
    constraints: [
      { name: "photometric" },
      { name: "segmentation-flow", weight: 0.1 },
      { name: "depth-smoothness" },
    ],
    steps: 2,
    evaluation: { split: null },
    checkpoint: { best: null },
    samples: { count: 0 },
    runtime: { threads: 1, workers: 0 },
    ...changes,
  });
  writeFileSync(path, text);
  return await readCollective(path);
}

test("depth is learnt from video alone, tied to the segmentation of the same frames", async () => {
  const run = join(folder, "run");
  await trainCollective({ config: await configOf({}), folder: run });
  const lossesOf = (name: string) =>
    readMetrics(join(run, "modules", name, "metrics.jsonl")).map((record) =>
      record.kind === "step" ? record.losses : {},
    );
  for (const losses of lossesOf("depth")) {
    expect(Object.keys(losses)).toEqual([
      ...["photometric.rgb", "photometric.ssim", "photometric.depth", "segmentation-flow"],
      ...["depth-smoothness", "total"],
    ]);
    expect(losses["photometric.ssim"]).toBeGreaterThan(0);
  }
  // Of the constraints only one ties segmentation.
  for (const losses of lossesOf("segmentation")) {
    expect(Object.keys(losses)).toEqual(["segmentation", "total", "segmentation-flow"]);
  }
});

test("a mediator without sequences, or without poses, is refused before anything is written", async () => {
  await writeTiny(join(folder, "stills"));
  const config = await configOf({
    mediator: { data: { path: "stills" }, frames: 2, batchSize: 2 },
    modules: { depth: { tasks: ["depth"], model: { name: "depth-net", width: 4 }, data: "none" } },
    constraints: [{ name: "photometric" }],
  });
  const { facts } = await userError(() => trainCollective({ config, folder: join(folder, "run") }));
  expect(facts.code).toMatch(/^data\./);
});

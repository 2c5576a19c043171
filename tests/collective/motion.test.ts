/** @file A collective whose motion is predicted: depth and ego-motion from video alone. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { evaluateRun, findRun, readMetrics } from "../../src/training/index.js";

let folder: string;
let run: string;
const before = process.env.TASKLOOM_CACHE;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  process.env.TASKLOOM_CACHE = join(folder, "cache");
  run = join(folder, "run");
  await trainCollective({ config: await configOf({}), folder: run });
});
afterAll(() => {
  if (before === undefined) delete process.env.TASKLOOM_CACHE;
  else process.env.TASKLOOM_CACHE = before;
  rmSync(folder, { recursive: true, force: true });
});

const STILLS = { world: "rooms", train: 2, val: 1, test: 1, size: [32, 64] };
const CONFIG = {
  mediator: { data: STILLS, frames: 2, batchSize: 2 },
  modules: {
    depth: { tasks: ["depth"], model: { name: "depth-net", encoder: "resnet18", width: 4 }, data: "none" },
    motion: { tasks: ["motion"], model: { name: "motion-net", width: 2 }, data: "none" },
    segmentation: {
      ...{ tasks: ["segmentation"], model: { name: "segnet", width: 2 }, data: STILLS },
      labels: { scenario: "fraction", fractions: { segmentation: 0.5 } },
    },
  },
  constraints: [
    { name: "photometric", weight: 1, movable: ["chair"] },
    { name: "segmentation-flow", weight: 0.1, movable: ["chair"] },
    { name: "motion-smoothness" },
    { name: "motion-cycle" },
  ],
  update: "peers",
  staleness: { steps: 0 },
  steps: 2,
  ...{ samples: { count: 1 }, runtime: { threads: 1, workers: 0 } },
};

async function configOf(changes: object) {
  const path = join(folder, "collective.yaml");
  writeFileSync(path, stringify({ ...CONFIG, ...changes }));
  return await readCollective(path);
}

const lossesOf = (from: string, name: string) =>
  readMetrics(join(from, "modules", name, "metrics.jsonl")).flatMap((record) =>
    record.kind === "step" ? [record.losses] : [],
  );

const PHOTOMETRIC = ["photometric.rgb", "photometric.ssim", "photometric.depth"];
const OF_MOTION = ["motion-smoothness", "motion-cycle.rotation", "motion-cycle.translation"];

test("every module learns from what ties it, motion from a world that moves for as many frames", () => {
  expect(Object.keys(lossesOf(run, "motion")[0])).toEqual([
    ...[...PHOTOMETRIC, "segmentation-flow", ...OF_MOTION, "total"],
  ]);
  expect(Object.keys(lossesOf(run, "depth")[0])).toEqual([
    ...[...PHOTOMETRIC, "segmentation-flow", ...OF_MOTION.slice(1), "total"],
  ]);
  expect(Object.keys(lossesOf(run, "segmentation")[0])).toEqual([
    ...["segmentation", "total", "segmentation-flow"],
  ]);
  // All see the same predictions.
  const [first] = lossesOf(run, "motion");
  for (const name of PHOTOMETRIC) expect(first[name]).toBeCloseTo(lossesOf(run, "depth")[0][name]!, 4);
});

test("the module of motion is a run as any other: measured by its trajectories, exported for two frames", async () => {
  const own = findRun(join(run, "modules/motion"));
  expect(existsSync(own.model)).toBe(true);
  const { metrics, images } = await evaluateRun(own, { split: "test" });
  // A snippet of two frames has one pair.
  expect(images).toBe(1);
  expect(Object.keys(metrics.motion)).toEqual(["ate", "ateWhole", "rpeTrans", "rpeRot", "tErr"]);
  for (const value of Object.values(metrics.motion)) expect(value).toBeGreaterThanOrEqual(0);
});

test("learned intrinsics need no camera", async () => {
  const { depth, motion } = CONFIG.modules;
  const seeing = { ...motion, model: { ...motion.model, intrinsics: true } };
  const config = await configOf({
    ...{ modules: { depth, motion: seeing }, constraints: [{ name: "photometric" }] },
    ...{ steps: 1, samples: { count: 0 } },
  });
  const learned = join(folder, "learned");
  await trainCollective({ config, folder: learned });
  expect(lossesOf(learned, "motion")[0].total).toBeGreaterThan(0);
  await evaluateRun(findRun(join(learned, "modules/motion")), { split: "test" });
});

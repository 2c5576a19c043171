/** @file A collective on sweeps: a detector that learns from labels, and from motion on a mediator stream. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { commonPillars } from "../../src/collective/mediator-stream.js";
import { readMetrics } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { SMALL_MODEL, writeSweeps } from "../helpers/sweeps.js";

const MODEL = { ...SMALL_MODEL, frames: 2, width: 4 };

function write(models: Readonly<Record<string, object>>): { folder: string; path: string } {
  const folder = scratchFolder();
  writeSweeps(join(folder, "data"), { train: 2, val: 1 }, 3);
  const modules = Object.entries(models).map(([name, model]) => [
    name,
    { tasks: ["boxes"], model, data: { path: "data" }, augmentation: [], batchSize: 2 },
  ]);
  const path = join(folder, "collective.yaml");
  writeFileSync(
    path,
    stringify({
      mediator: { data: { path: "data" }, batchSize: 2 },
      modules: Object.fromEntries(modules),
      constraints: [{ name: "box-motion", weight: 0.1 }],
      ...{ update: "peers", staleness: { steps: 0 }, steps: 2 },
      ...{ samples: { count: 1 }, runtime: { threads: 1, workers: 0 }, evaluation: { split: null } },
      checkpoint: { every: 100, best: null },
    }),
  );
  return { folder, path };
}

test("boxes learn from labels and from how they move in sweeps without any", async () => {
  const { folder, path } = write({ boxes: MODEL });
  const run = join(folder, "run");
  await trainCollective({ config: await readCollective(path), folder: run });
  const steps = readMetrics(join(run, "modules", "boxes", "metrics.jsonl")).flatMap((record) =>
    record.kind === "step" ? [record.losses] : [],
  );
  expect(Object.keys(steps[0])).toEqual(
    expect.arrayContaining(["boxes", "box-motion.class", "box-motion.residual"]),
  );
  for (const losses of steps) expect(Object.values(losses).every(Number.isFinite)).toBe(true);
});

test("modules that take the mediator's sweeps in different ways are named", async () => {
  const config = await readCollective(write({ boxes: MODEL }).path);
  const [module] = config.modules;
  const model = { ...module.run.model, points: 4 };
  const other = { ...module, name: "other", run: { ...module.run, model } };
  expect(commonPillars(config)).toMatchObject({ points: 6, frames: 2 });
  expect(() => commonPillars({ modules: [module, other] })).toThrow(
    /modules.other.model.*different ways.*"points":4/s,
  );
});

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { detect } from "../../examples/detector/detect.mjs";
import { readImage } from "../../src/data/files/raster.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { parseConfig } from "../../src/training/config/index.js";
import { evaluateRun } from "../../src/training/evaluate-run.js";
import { exportModel } from "../../src/training/export.js";
import { checkParity, requireParity } from "../../src/training/export-check.js";
import { exportFiles } from "../../src/training/export-files.js";
import { findRun, openModel, predictSweeps, readMetrics, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { carsAt, SMALL_MODEL, writeSweeps } from "../helpers/sweeps.js";

/** Trains on small sweeps; gives the run's folder and its records. */
async function trained(
  changes: Readonly<Record<string, unknown>>,
  frames = 1,
  splits?: Record<string, number>,
) {
  const folder = scratchFolder();
  writeSweeps(join(folder, "data"), splits, frames);
  const text = stringify({
    ...{ data: { path: "data" }, model: SMALL_MODEL, method: { name: "supervised" }, augmentation: [] },
    ...{ batchSize: 2, evaluation: { split: null }, checkpoint: { every: 1000, best: null } },
    ...{ optimizer: { name: "adam", learningRate: 0.01 }, runtime: { threads: 1, workers: 0 } },
    ...changes,
  });
  const run = join(folder, "run");
  await train({ config: parseConfig(text, join(folder, "config.yaml"), []), folder: run });
  return { run, records: readMetrics(join(run, "metrics.jsonl")) };
}

it("learns a few sweeps by heart: every box is found, in its place and heading", async () => {
  const { run } = await trained({ steps: 160 }, 1, { train: 2, val: 1 });
  const { metrics } = await evaluateRun(findRun(run), { split: "train" });
  expect(metrics.boxes.ap).toBeGreaterThan(90);
  expect(metrics.boxes.aph).toBeGreaterThan(85);
  // What is exported predicts the same.
  const bytes = await exportModel(findRun(run));
  requireParity(await checkParity(findRun(run), bytes), "model.onnx");
  const model = await openModel(await nodeEngine({ provider: "cpu", threads: 1 }), bytes, "model.onnx");
  const data = join(run, "..", "data");
  const out = join(run, "..", "predicted");
  const { written } = await predictSweeps(model, [data, join(data, "train/lidar/0-0.bin")], out);
  expect(written.map(({ sweep }) => sweep)).toEqual(["train/0-0", "train/1-0", "val/0-0", "0-0"]);
  const { items, picture } = written[0].tasks.boxes;
  const found = JSON.parse(readFileSync(items!, "utf8")) as {
    class: string;
    centre: number[];
    score: number;
  }[];
  for (const { centre } of carsAt(0, 0)) {
    const near = found.find((box) => Math.hypot(box.centre[0] - centre[0], box.centre[1] - centre[1]) < 0.7);
    expect(near).toMatchObject({ class: "vehicle" });
  }
  const { width, height, data: pixels } = await readImage(picture);
  expect([width, height]).toEqual([384, 384]);
  expect(pixels.some((value) => value > 0.9)).toBe(true);
  await expect(model.predict({ width: 16, height: 16, data: new Float32Array(768) })).rejects.toThrow(
    /LiDAR sweeps/,
  );
  await model.release();
  // So does the program that knows nothing of Taskloom.
  const file = join(out, "model.onnx");
  await exportFiles(findRun(run), { out: file });
  const sweep = readFileSync(join(data, "train/lidar/0-0.bin"));
  const cloud = new Float32Array(new Uint8Array(sweep).buffer);
  const detected = await detect(file, cloud);
  expect(detected.length).toBeGreaterThanOrEqual(2);
  for (const [i, box] of detected.slice(0, 2).entries()) {
    const { score, centre, yaw } = found[i] as (typeof found)[0] & { yaw: number };
    expect(box.score).toBeCloseTo(score, 4);
    expect(box.yaw).toBeCloseTo(yaw, 3);
    centre.forEach((value, axis) => {
      expect(box.centre[axis]).toBeCloseTo(value, 3);
    });
  }
});

it("learns from several frames, flipped at random, and from how boxes move between them", async () => {
  const model = { ...SMALL_MODEL, frames: 3, step: 1, width: 4 };
  const augmentation = [{ name: "flip", probability: 0.5 }];
  const method = { name: "supervised", with: [{ name: "box-motion" }] };
  const labels = { scenario: "fraction", fractions: { boxes: 0.5 } };
  const { records } = await trained({ steps: 4, model, augmentation, method, labels }, 3);
  const losses = records.flatMap((each) => ("losses" in each && each.losses ? [each.losses] : []));
  for (const each of losses) {
    expect(Object.keys(each)).toEqual(
      expect.arrayContaining(["boxes", "box-motion.class", "box-motion.residual"]),
    );
    for (const value of Object.values(each)) if (value !== null) expect(Number.isFinite(value)).toBe(true);
  }
  expect(losses).toHaveLength(4);
});

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { Random } from "../../src/common/random.js";
import { pillarArray } from "../../src/fields/sweep.js";
import { fromOrtTensor, openSession, toOrtTensor } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { parseConfig } from "../../src/training/config/index.js";
import { type ExportFilesOptions, exportFiles } from "../../src/training/export-files.js";
import { findRun, train } from "../../src/training/index.js";
import { localFeatures } from "../../src/training/local-features.js";
import { userError } from "../helpers/folder.js";
import { carsAt, GRID, pointsOn, SMALL_MODEL, writeSweeps } from "../helpers/sweeps.js";

/** More cells than half floats can count. */
const CELLS = 64;
const PLAN = { grid: { ...GRID, cell: 16 / CELLS }, pillars: 250, points: 4, frames: 2, step: 1 };
const WIDTH = 4;

let run: ReturnType<typeof findRun>;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  writeSweeps(join(folder, "data"), { train: 1, val: 1 }, 2);
  const text = stringify({
    ...{ data: { path: "data" }, method: { name: "supervised" }, augmentation: [], batchSize: 1, steps: 2 },
    model: { ...SMALL_MODEL, ...PLAN, width: WIDTH, layers: [0, 0, 0] },
    ...{ evaluation: { split: null }, checkpoint: { best: null }, runtime: { threads: 1, workers: 0 } },
    optimizer: { name: "adam", learningRate: 0.01 },
  });
  const path = join(folder, "run");
  await train({ config: parseConfig(text, join(folder, "config.yaml"), []), folder: path });
  run = findRun(path);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = (name: string, options: Partial<ExportFilesOptions>) =>
  exportFiles(run, { out: join(folder, `${name}.onnx`), ...options });

/** What a model makes of sweeps of a street. */
async function outputsOf(path: string, batchSize: number) {
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  const session = await openSession(engine, readFileSync(path), { optimize: true });
  const frames = [0, 1].map((frame) => pointsOn(carsAt(0, frame), new Random(1, "export", frame)));
  const pillars = pillarArray({ frames }, PLAN);
  const feed = new Float32Array(batchSize * pillars.length);
  for (let n = 0; n < batchSize; n++) feed.set(pillars, n * pillars.length);
  const shape = [batchSize, 10, 2 * PLAN.pillars, PLAN.points];
  const outputs = await session.run({ pillars: toOrtTensor(engine, { shape, dtype: "float32" }, feed) });
  await session.release();
  return Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [
      name,
      { dims: tensor.dims, data: fromOrtTensor(tensor) },
    ]),
  );
}

describe("a model of sweeps", () => {
  /** Channels: two scores, 14 residuals and 4 directions a frame, and a flow. */
  const boxes = [2 * 20 + 3, CELLS, CELLS];

  it.each<[string, Partial<ExportFilesOptions>, number]>([
    ["as it is", {}, 1e-4],
    ["of the run's own size", { size: [CELLS, CELLS] }, 1e-4],
    ["for two samples", { batchSize: 2 }, 1e-4],
    ["for the oldest operator set that has all it needs", { opset: 16 }, 1e-4],
    ["in half precision", { half: true }, 0.02],
    ["with features", { features: true }, 1e-4],
  ])("%s predicts what the run predicts", async (name, options, allowed) => {
    const { model, parity } = await written(name, { ...options, check: true });
    expect(parity!.tasks).toHaveLength(1);
    expect(parity!.tasks[0].relative).toBeLessThan(allowed);
    const { batchSize = 1, features = false } = options;
    const outputs = await outputsOf(model, batchSize);
    expect(outputs.boxes.dims).toEqual([batchSize, ...boxes]);
    expect(outputs.boxes.data.every(Number.isFinite)).toBe(true);
    expect(outputs.features?.dims).toEqual(features ? [1, 6 * WIDTH, CELLS, CELLS] : undefined);
    const usual = await written("usual", {});
    const { data } = (await outputsOf(usual.model, 1)).boxes;
    const greatest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (let i = 0; i < data.length; i += 7) {
      expect(Math.abs(outputs.boxes.data[i] - data[i])).toBeLessThan(allowed * greatest);
    }
  });

  it.each<[string, Partial<ExportFilesOptions>, string, RegExp]>([
    ["of another size", { size: [128, 128] }, "export.size", /grid of one size/],
    ["of any size", { dynamic: true }, "export.not-dynamic", /grid of one size/],
    ["in 8 bits", { int8: {} }, "export.int8-input", /networks that take images/],
    ["in 8 bits and half precision", { int8: {}, half: true }, "export.two-precisions", /one precision/],
    ["of decided classes", { argmax: true }, "export.argmax", /scores of classes/],
    ["for an operator set without scattered sums", { opset: 15 }, "onnx.opset", /ScatterElements/],
  ])("%s is refused, and nothing is written", async (name, options, code, what) => {
    const error = await userError(() => written(name, options));
    expect(error.facts.code).toBe(code);
    expect(error.message).toMatch(what);
    expect(["onnx", "json", "md"].filter((end) => existsSync(join(folder, `${name}.${end}`)))).toEqual([]);
  });
});

it("has no features of places in the colours of their labels: boxes are lists", async () => {
  const error = await userError(() => localFeatures(run, { split: "val", points: 20, seed: 0 }));
  expect(error.facts).toMatchObject({ code: "features.no-map", got: "boxes" });
});

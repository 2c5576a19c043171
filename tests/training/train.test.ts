import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSplit } from "../../src/data/evaluation-reader.js";
import { decodeNpy } from "../../src/data/files/npy.js";
import { encodeImage, readImage } from "../../src/data/files/raster.js";
import { resample } from "../../src/fields/resample.js";
import { nearestTaps, triangleTaps } from "../../src/fields/taps.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { StateStore } from "../../src/runtime/state-store.js";
import { buildInference, Predictor } from "../../src/step/index.js";
import { checkpointOf, loadWeights } from "../../src/training/export.js";
import {
  evaluateRun,
  exportRun,
  findRun,
  openModel,
  openRunData,
  parseConfig,
  predictFiles,
  type RunConfig,
  readMetrics,
  readModel,
  requireExpected,
  train,
} from "../../src/training/index.js";
import { networkOf } from "../../src/training/parts.js";
import { userError } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

/** Records of a run without the timing, which no two runs share. */
function records(folder: string): unknown[] {
  return readMetrics(join(folder, "metrics.jsonl")).map((record) => ({ ...record, timing: undefined }));
}

/**
 * For each value of a map of normals [3,...], whether its vector is decided: 1, or 0 where what the network
 * gave is so near to zero that the activation shortens it and its direction is a matter of rounding.
 */
function decided(normals: Float32Array): Float32Array {
  const size = normals.length / 3;
  return normals.map((_, i) => {
    const [x, y, z] = [0, 1, 2].map((channel) => normals[channel * size + (i % size)]);
    return Number(Math.hypot(x, y, z) > 0.9999);
  });
}

/** The network as the run itself evaluates it. */
async function predictorOf(folder: string, config: RunConfig): Promise<Predictor> {
  const network = networkOf(config);
  const { tasks, size } = await openRunData(config, network);
  const store = new StateStore(await nodeEngine({ provider: "cpu", threads: 1 }));
  const { modules } = buildInference({ tasks, network, batchSize: 1, size });
  for (const [name, data] of await loadWeights(checkpointOf(findRun(folder)), modules.all())) {
    store.write(name, modules.get(name)!.tensor.shape, data);
  }
  const engine = await nodeEngine({ provider: "cpu", threads: 1 });
  return Predictor.create(engine, store, { tasks, network, batchSize: 1, size });
}

describe("a run", () => {
  let folder: string;
  let run: string;
  let config: RunConfig;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-"));
    run = join(folder, "run");
    await writeTiny(join(folder, "data"));
    config = tinyConfig(folder, "method={name: jtr, variant: paper, width: 4}");
    await train({ config, folder: run });
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("leaves everything the design lists", () => {
    const names = readdirSync(run);
    expect(names).toEqual(
      expect.arrayContaining([
        "checkpoints",
        "config.resolved.yaml",
        "labels.json",
        "metrics.jsonl",
        "model.onnx",
        "samples",
      ]),
    );
    expect(names.some((name) => name.startsWith("events.out.tfevents."))).toBe(true);
    expect(names).not.toContain(".lock");
    expect(readdirSync(join(run, "checkpoints")).sort()).toEqual([
      "best.json",
      "best.safetensors",
      "last.json",
      "last.prev.safetensors",
      "last.safetensors",
    ]);
    const [sample] = readdirSync(join(run, "samples"));
    expect(readdirSync(join(run, "samples", sample))).toContain("depth.step-00000012.png");
  });

  test("logs every term of the loss, their weighted sum and every metric", () => {
    const all = readMetrics(join(run, "metrics.jsonl"));
    const steps = all.filter((record) => record.kind === "step");
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    const { learningRates, timing } = steps[0];
    const losses = steps[0].losses as Record<string, number>;
    // One label an image: the supervised part of the total is a mean of the tasks' means, weighted by their
    // images in the batch.
    const supervised = losses.total - 4 * losses["jtr.distance"] - 2 * losses["jtr.reconstruction"];
    const present = ["segmentation", "depth", "normals"]
      .map((task) => losses[task])
      .filter((loss) => loss !== null);
    expect(supervised).toBeGreaterThan(Math.min(...present) - 1e-4);
    expect(supervised).toBeLessThan(Math.max(...present) + 1e-4);
    expect(learningRates).toEqual({ main: 1e-4 });
    expect(timing?.imagesPerSecond).toBeGreaterThan(0);
    const evaluations = all.filter((record) => record.kind === "evaluation");
    expect(evaluations.map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(Object.keys(evaluations[0].metrics)).toEqual(["segmentation", "depth", "normals"]);
    expect(evaluations[0].best).toBe(true);
  });

  test("is repeated by its config.resolved.yaml alone, also when it is stopped and resumed on the way", async () => {
    const path = join(run, "config.resolved.yaml");
    const resolved = parseConfig(readFileSync(path, "utf8"), path);
    const again = join(folder, "again");
    const controller = new AbortController();
    const first = await train({
      config: resolved,
      folder: again,
      signal: controller.signal,
      recorders: [listener((step) => step === 5 && controller.abort())],
    });
    expect(first).toMatchObject({ outcome: "interrupted", step: 5 });
    const second = await train({ config: resolved, folder: again, resume: true });
    expect(second.outcome).toBe("done");
    expect(records(again)).toEqual(records(run));
    for (const name of [
      "labels.json",
      "model.onnx",
      "checkpoints/last.safetensors",
      "checkpoints/best.safetensors",
    ]) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(run, name))), name).toBe(true);
    }
  });

  test("is not resumed with another configuration", async () => {
    const other = tinyConfig(folder, "method={name: jtr, variant: paper, width: 4}", "model.width=8");
    const error = await userError(() => train({ config: other, folder: run, resume: true }));
    expect(error.message).toContain("differs from the one this run was started with in model.width");
  });

  test("exports a model that predicts what the run predicts, in a plain session", async () => {
    const out = join(folder, "exported.onnx");
    await exportRun(findRun(run), { out });
    const { graph } = decodeModel(readFileSync(out));
    expect(graph!.initializer.some(({ name }) => name.startsWith("helper."))).toBe(false);
    expect(graph!.node.every(({ domain }) => domain === "")).toBe(true);
    const session = await ort.InferenceSession.create(out);
    expect(session.inputNames).toEqual(["image"]);
    const predictor = await predictorOf(run, config);
    for await (const sample of await openSplit(
      { format: "folder", path: join(folder, "data") },
      "test",
      [],
    )) {
      const image = new ort.Tensor("float32", sample.image, [1, 3, 32, 32]);
      const [expected, outputs] = [
        (await predictor.predict([sample.image]))[0],
        await session.run({ image }),
      ];
      for (const [task, { data }] of Object.entries(expected)) {
        const got = outputs[task].data as Float32Array;
        expect(got.length).toBe(data.length);
        const compared = task === "normals" ? decided(data) : data.map(() => 1);
        const errors = data.map((value, i) => compared[i] * Math.abs(value - got[i]));
        expect(Math.max(...errors)).toBeLessThanOrEqual(1e-4);
      }
    }
  });

  test("predicts images of any size", async () => {
    const image = join(folder, "wide.png");
    const data = Float32Array.from({ length: 3 * 40 * 70 }, (_, i) => (i % 97) / 97);
    writeFileSync(image, encodeImage({ width: 70, height: 40, data }));
    const model = join(run, "model.onnx");
    const loaded = await openModel(await nodeEngine(), await readModel(model), model);
    const { written } = await predictFiles(loaded, [image], join(folder, "predicted"));
    const [{ tasks }] = written;
    const picture = await readImage(tasks.segmentation.picture);
    expect([picture.width, picture.height]).toEqual([70, 40]);
    const normals = decodeNpy(readFileSync(tasks.normals.array!), "normals");
    expect(normals.shape).toEqual([3, 40, 70]);
    const stored = (await readImage(image)).data;
    const small = resample(stored, 3, 40, 70, triangleTaps(40, 32), triangleTaps(70, 32));
    const own = (await loaded.predict({ width: 32, height: 32, data: small })).normals.data;
    const nearest = resample(own, 3, 32, 32, nearestTaps(32, 40), nearestTaps(32, 70));
    const sure = decided(nearest);
    let unit = 0;
    for (let i = 0; i < 2800; i++) {
      const vector = [0, 1, 2].map((channel) => Number(normals.data[channel * 2800 + i]));
      if (Math.abs(Math.hypot(...vector) - 1) < 1e-4) unit++;
      // Where the network itself is undecided and its neighbours point apart, what it said stands.
      else expect([sure[i], ...vector]).toEqual([0, nearest[i], nearest[2800 + i], nearest[5600 + i]]);
    }
    expect(unit).toBeGreaterThan(1400);
    const same = await userError(() => predictFiles(loaded, [image, image], join(folder, "predicted")));
    expect(same.facts.code).toBe("predict.same-name");
  });

  test("is measured on another split and another dataset", async () => {
    const own = await evaluateRun(findRun(run), { split: "test" });
    expect(own).toMatchObject({ images: 3, split: "test" });
    const other = join(folder, "other");
    await writeTiny(other, { test: 3 });
    expect((await evaluateRun(findRun(run), { data: other })).metrics).toEqual(own.metrics);
    const last = readMetrics(join(run, "metrics.jsonl")).findLast((record) => record.kind === "evaluation")!;
    const val = await evaluateRun(findRun(run), { split: "val", checkpoint: "last" });
    expect(val.metrics).toEqual(last.metrics);
    const missing = await userError(() => evaluateRun(findRun(run), { split: "tset" }));
    expect(missing.message).toContain("test");
  });

  test("fails where it misses what was expected", async () => {
    const metrics = { depth: { aErr: 1.5 } };
    const close = { task: "depth", metric: "aErr", value: 1.4, tolerance: 0.2 };
    requireExpected([close], metrics);
    const error = await userError(() => requireExpected([close, { ...close, tolerance: 0.05 }], metrics));
    expect(error.message).toMatch(/depth\.aErr 1\.4 ± 0\.05.*got 1\.5/);
  });
});

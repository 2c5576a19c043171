import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/common/random.js";
import { encodeModel, lowerGraph, PORTABLE } from "../../src/graph/index.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { simplify } from "../../src/graph/simplify.js";
import { sizeOf } from "../../src/graph/tensor.js";
import type { Network } from "../../src/models/network.js";
import { NORMS } from "../../src/nn/norms.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { foldForInference } from "../../src/runtime/fold-constants.js";
import { buildInference, networkInputOf } from "../../src/step/inference-graph.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { EXPORT_OPSET, exportModel, exportRun } from "../../src/training/export.js";
import { checkParity, parityLines, requireParity } from "../../src/training/export-check.js";
import { exportFiles } from "../../src/training/export-files.js";
import { findRun, train } from "../../src/training/index.js";
import type { ModelDescription } from "../../src/training/model-description.js";
import { openModel } from "../../src/training/predict/index.js";
import { quantisedLines } from "../../src/training/quantise.js";
import { userError } from "../helpers/folder.js";
import { misfits } from "../helpers/onnx-schemas.js";
import { imageModels, mapKinds } from "../helpers/registered.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const networks = imageModels.flatMap((model) =>
  NORMS.map((norm): [string, Network] => [
    `${model.name}, ${norm} norm`,
    model.create(model.options.parse({ width: 2, norm })),
  ]),
);

/** One task of every kind of maps. */
const tasks = resolveTasks(
  Object.fromEntries(
    mapKinds.map(({ kind }) => [
      kind,
      kind === "segmentation" ? { kind, classes: ["a", "b", "c"] } : { kind },
    ]),
  ),
);

async function outputs(bytes: Uint8Array, shape: readonly number[], image: Float32Array) {
  const session = await ort.InferenceSession.create(bytes);
  const results = await session.run({ image: new ort.Tensor("float32", image, shape) });
  await session.release();
  return results;
}

describe.each(networks)("every task by %s", (_name, network) => {
  const size = [network.sizeMultiple, 2 * network.sizeMultiple] as const;
  const [planes] = networkInputOf(network, size).shape;
  const { predictions, modules } = buildInference({ tasks, network, batchSize: 1, size });
  const random = new Random(1, "export");
  const weights = new Map(
    modules.all().map(({ name, tensor }) => {
      const [low, high] = name.endsWith("running_var") ? [0.5, 1.5] : [-0.3, 0.5];
      return [name, Float32Array.from({ length: sizeOf(tensor.shape) }, () => random.uniform(low, high))];
    }),
  );
  const names = Object.keys(predictions);
  const tensors = simplify(names.map((name) => predictions[name]));
  const graph = lowerGraph(
    names.map((name, i) => ({ name, tensor: tensors[i] })),
    PORTABLE,
    weights,
  );

  test("is written in operators of set 17 and predicts the same as in set 21", async () => {
    const older = encodeModel(graph, {}, EXPORT_OPSET);
    expect(misfits(decodeModel(older))).toEqual([]);
    const image = Float32Array.from({ length: planes * size[0] * size[1] }, () => random.uniform());
    const [got, expected] = [
      await outputs(older, [1, planes, ...size], image),
      await outputs(encodeModel(graph), [1, planes, ...size], image),
    ];
    expect(Object.keys(got)).toEqual(names);
    expect(new Set(expected.depth.data as Float32Array).size).toBeGreaterThan(10);
    for (const name of names) expect(got[name].data, name).toEqual(expected[name].data);
  });

  test("predicts the same with what depends on weights alone computed beforehand", async () => {
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const all = names.map((name) => predictions[name]);
    const folded = await foldForInference(engine, { tensors: all, weights });
    const bytes = encodeModel(
      lowerGraph(
        names.map((name, i) => ({ name, tensor: folded.tensors[i] })),
        PORTABLE,
        folded.weights,
      ),
      {},
      EXPORT_OPSET,
    );
    expect(computedFilters(bytes)).toEqual([]);
    expect(misfits(decodeModel(bytes))).toEqual([]);
    expect(decodeModel(bytes).graph!.node.length).toBeLessThanOrEqual(graph.nodes.length);
    const image = Float32Array.from({ length: planes * size[0] * size[1] }, () => random.uniform());
    const [got, expected] = [
      await outputs(bytes, [1, planes, ...size], image),
      await outputs(encodeModel(graph), [1, planes, ...size], image),
    ];
    for (const name of names) expect(relativeDifference(got[name], expected[name]), name).toBeLessThan(1e-4);
  });
});

const FILTERED = ["Conv", "ConvTranspose", "MatMul"];

/** The products whose filters are not stored in the model as they are used. */
function computedFilters(bytes: Uint8Array): string[] {
  const { initializer, node } = decodeModel(bytes).graph!;
  const stored = new Set(initializer.map(({ name }) => name));
  return node
    .filter(
      ({ opType, input }) => FILTERED.includes(opType) && input.slice(1).some((name) => !stored.has(name)),
    )
    .map(({ name }) => name);
}

/** |got - expected| / |expected| in Euclid's norm. */
function relativeDifference(got: ort.Tensor, expected: ort.Tensor): number {
  const [a, b] = [got, expected].map(({ data }) => data as Float32Array);
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0));
  return norm(a.map((value, i) => value - b[i])) / norm(b);
}

describe("a run", () => {
  let folder: string;
  let run: ReturnType<typeof findRun>;
  const versions = (bytes: Uint8Array) => {
    const { irVersion, opsetImport } = decodeModel(bytes);
    return [Number(irVersion), ...opsetImport.map(({ version }) => Number(version))];
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-"));
    await writeTiny(join(folder, "data"));
    await train({ config: tinyConfig(folder, "steps=1"), folder: join(folder, "run") });
    run = findRun(join(folder, "run"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("leaves a model of file format 8 and operator set 17", () => {
    const bytes = readFileSync(run.model);
    expect(versions(bytes)).toEqual([8, 17]);
    expect(misfits(decodeModel(bytes))).toEqual([]);
  });

  test("is exported for another operator set where that is asked for and possible", async () => {
    const out = join(folder, "newer.onnx");
    await exportRun(run, { out, opset: 21 });
    expect(versions(readFileSync(out))).toEqual([10, 21]);
    const oldest = await exportModel(run, { opset: 13 });
    expect(versions(oldest)).toEqual([7, 13]);
    expect(misfits(decodeModel(oldest))).toEqual([]);
    const image = new Float32Array(3 * 32 * 32).fill(0.5);
    const [a, b] = [
      await outputs(oldest, [1, 3, 32, 32], image),
      await outputs(readFileSync(out), [1, 3, 32, 32], image),
    ];
    expect(a.depth.data).toEqual(b.depth.data);
    const error = await userError(() => exportModel(run, { opset: 12 }));
    expect(error.message).toBe(
      "opset: models cannot be written for this ONNX operator set (expected a whole number from 13 to 21, got 12).",
    );
  });

  test("is exported with every filter stored, at other sizes that the network takes", async () => {
    const bytes = await exportModel(run, { size: [64, 32] });
    expect(computedFilters(bytes)).toEqual([]);
    const { depth } = await outputs(bytes, [1, 3, 64, 32], new Float32Array(3 * 64 * 32).fill(0.5));
    expect(depth.dims).toEqual([1, 1, 64, 32]);
    const { facts } = await userError(() => exportModel(run, { size: [64, 40] }));
    expect(facts).toMatchObject({ code: "export.size", got: "64x40", fix: "Take 64x32." });
  });

  test("gives classes where that is asked for, and says so to who would enlarge scores", async () => {
    const bytes = await exportModel(run, { argmax: true });
    expect(misfits(decodeModel(bytes))).toEqual([]);
    const image = Float32Array.from({ length: 3 * 32 * 32 }, (_, i) => (i % 89) / 89);
    const [got, scores] = [
      await outputs(bytes, [1, 3, 32, 32], image),
      await outputs(await exportModel(run), [1, 3, 32, 32], image),
    ];
    expect(got.segmentation).toMatchObject({ type: "int64", dims: [1, 1, 32, 32] });
    const [depth, width, height] = scores.segmentation.dims.slice(1);
    const logits = scores.segmentation.data as Float32Array;
    const area = width * height;
    const highest = Array.from({ length: area }, (_, i) => {
      const own = Array.from({ length: depth }, (_, channel) => logits[channel * area + i]);
      return BigInt(own.indexOf(Math.max(...own)));
    });
    expect([...(got.segmentation.data as BigInt64Array)]).toEqual(highest);
    expect(got.depth.data).toEqual(scores.depth.data);
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const { facts } = await userError(() => openModel(engine, bytes, "model.onnx"));
    expect(facts.code).toBe("model.decided");
  });

  test("is written with a description and a card, after a check", async () => {
    const out = join(folder, "phone.onnx");
    const { description, card, parity } = await exportFiles(run, { out, half: true, check: true });
    const told: ModelDescription = JSON.parse(readFileSync(description, "utf8"));
    const { opset, precision, outputs: maps, trained } = told;
    expect({ opset, precision }).toEqual({ opset: 17, precision: "float16" });
    expect(told.input.shape).toEqual([1, 3, 32, 32]);
    expect(maps.map(({ name, shape, values }) => [name, shape, values])).toEqual([
      ["segmentation", [1, 3, 32, 32], "logits, one channel a class"],
      ["depth", [1, 1, 32, 32], "depth in metres"],
      ["normals", [1, 3, 32, 32], "unit vectors, channels x, y, z"],
    ]);
    expect(maps[0].classes).toEqual(["left", "right", "disc"]);
    expect(trained).toMatchObject({ model: "segnet", method: "supervised", step: 1 });
    expect(parity!.images).toBe(1);
    for (const { relative, allowed } of parity!.tasks) {
      expect(relative).toBeGreaterThan(0);
      expect(relative).toBeLessThan(allowed);
    }
    const text = readFileSync(card, "utf8");
    for (const line of parityLines(parity!)) expect(text).toContain(line);
    expect(text).toContain("Classes of segmentation: 0 left, 1 right, 2 disc.");
    expect(Object.keys(await outputs(readFileSync(out), [1, 3, 32, 32], new Float32Array(3072)))).toEqual(
      maps.map(({ name }) => name),
    );
    await exportFiles(run, { out, features: true });
    const plain: ModelDescription = JSON.parse(readFileSync(description, "utf8"));
    expect(plain.precision).toBe("float32");
    // The map that all heads of a SegNet read is as large as the image.
    expect(plain.features).toEqual([1, expect.any(Number), 32, 32]);
    const { features } = await outputs(readFileSync(out), [1, 3, 32, 32], new Float32Array(3072));
    expect(features.dims).toEqual(plain.features);
    expect(readFileSync(card, "utf8")).toContain(`| features | – | [${plain.features}]`);
  });

  test("is written in 8 bits, which are calibrated, and says what they cost", async () => {
    const out = join(folder, "small.onnx");
    const int8 = { images: 4 };
    const { description, card, quantised, parity } = await exportFiles(run, { out, int8, check: true });
    expect(quantised!.calibrated).toEqual({ split: "train", images: 4 });
    const { split, float32, int8: after, primary } = quantised!.measured;
    expect({ split, primary }).toEqual({
      split: "val",
      primary: { segmentation: "mIoU", depth: "aErr", normals: "mErr" },
    });
    for (const [task, metric] of Object.entries(primary)) {
      expect(after[task][metric]).not.toBe(float32[task][metric]);
      expect(Math.abs(after[task][metric] / float32[task][metric] - 1)).toBeLessThan(0.2);
    }
    expect(parity!.tasks.every(({ relative }) => relative > 1e-4)).toBe(true);
    const told: ModelDescription = JSON.parse(readFileSync(description, "utf8"));
    expect(told).toMatchObject({ precision: "int8", quantised: { calibrated: { images: 4 } } });
    const text = readFileSync(card, "utf8");
    for (const line of quantisedLines(quantised!)) expect(text).toContain(line);
    const classes = await exportFiles(run, { out, int8, argmax: true, size: [32, 64], batchSize: 2 });
    expect(classes.quantised!.measured.float32.depth.aErr).toBeGreaterThan(0);
    const got = await outputs(readFileSync(out), [2, 3, 32, 64], new Float32Array(2 * 3 * 32 * 64));
    expect(got.segmentation.type).toBe("int64");
  });

  test.each([
    [{ half: true, int8: {} }, "export.two-precisions"],
    [{ int8: { split: "elsewhere" } }, "data.unknown-split"],
  ])("is not written in 8 bits for %o", async (options, code) => {
    const out = join(folder, "none.onnx");
    expect((await userError(() => exportFiles(run, { out, ...options }))).facts.code).toBe(code);
    expect(existsSync(out)).toBe(false);
  });

  test("is exported for images of any size, in 8 bits, too", async () => {
    const out = join(folder, "any.onnx");
    for (const precision of [{ int8: { images: 2 } }, {}]) {
      const { description } = await exportFiles(run, { out, dynamic: true, check: true, ...precision });
      const told: ModelDescription = JSON.parse(readFileSync(description, "utf8"));
      expect(told.input).toMatchObject({ shape: [1, 3, 32, 32], multiplesOf: 32 });
    }
    const size = [64, 96] as const;
    const image = Float32Array.from({ length: 3 * 64 * 96 }, (_, i) => (i % 255) / 255);
    const [got, expected] = [
      await outputs(readFileSync(out), [1, 3, ...size], image),
      await outputs(await exportModel(run, { size }), [1, 3, ...size], image),
    ];
    expect(relativeDifference(got.depth, expected.depth)).toBeLessThan(1e-4);
    const engine = await nodeEngine({ provider: "cpu", threads: 1 });
    const model = await openModel(engine, readFileSync(out), out);
    expect(model.size).toEqual([32, 32]);
    await model.release();
  });

  test("is compared with what is to be its model", async () => {
    const good = await checkParity(run, await exportModel(run, { argmax: true, batchSize: 2 }), {
      argmax: true,
      batchSize: 2,
    });
    for (const { relative } of good.tasks) expect(relative).toBeLessThan(1e-3);
    requireParity(good, "model.onnx");
    const other = decodeModel(await exportModel(run));
    const filter = other.graph!.initializer.find(({ name }) => name.startsWith("head."))!;
    filter.rawData = new Uint8Array(filter.rawData.length);
    const bad = await checkParity(run, toBinary(ModelProtoSchema, other));
    const { facts } = await userError(async () => requireParity(bad, "model.onnx"));
    expect(facts.code).toBe("export.parity");
  });

  test("does not write over files of others", async () => {
    const out = join(folder, "mine.onnx");
    writeFileSync(join(folder, "mine.json"), "{}");
    const { facts } = await userError(() => exportFiles(run, { out }));
    expect(facts).toMatchObject({ code: "export.would-overwrite", where: join(folder, "mine.json") });
    expect(existsSync(out)).toBe(false);
  });

  test("is exported for batches of whole images only", async () => {
    for (const batchSize of [0, 1.5, Number.NaN]) {
      expect((await userError(() => exportModel(run, { batchSize }))).facts.code).toBe("export.batch-size");
    }
  });
});

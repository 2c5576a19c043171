import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../../src/common/random.js";
import { encodeModel, lowerGraph, PORTABLE } from "../../src/graph/index.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { simplify } from "../../src/graph/simplify.js";
import { sizeOf } from "../../src/graph/tensor.js";
import { models } from "../../src/models/index.js";
import type { Network } from "../../src/models/network.js";
import { NORMS } from "../../src/nn/norms.js";
import { buildInference } from "../../src/step/inference-graph.js";
import { resolveTasks, taskKinds } from "../../src/tasks/index.js";
import { EXPORT_OPSET, exportModel, exportRun } from "../../src/training/export.js";
import { findRun, train } from "../../src/training/index.js";
import { userError } from "../helpers/folder.js";
import { misfits } from "../helpers/onnx-schemas.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const networks = Object.values(models).flatMap((model) =>
  NORMS.map((norm): [string, Network] => [
    `${model.name}, ${norm} norm`,
    model.create(model.options.parse({ width: 2, norm })),
  ]),
);

/** One task of every kind. */
const tasks = resolveTasks(
  Object.fromEntries(
    Object.keys(taskKinds).map((kind) => [
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
    const channels = 3 * (network.frames ?? 1);
    const image = Float32Array.from({ length: channels * size[0] * size[1] }, () => random.uniform());
    const [got, expected] = [
      await outputs(older, [1, channels, ...size], image),
      await outputs(encodeModel(graph), [1, channels, ...size], image),
    ];
    expect(Object.keys(got)).toEqual(names);
    expect(new Set(expected.depth.data as Float32Array).size).toBeGreaterThan(10);
    for (const name of names) expect(got[name].data, name).toEqual(expected[name].data);
  });
});

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

  test("is exported for batches of whole images only", async () => {
    for (const batchSize of [0, 1.5, Number.NaN]) {
      expect((await userError(() => exportModel(run, { batchSize }))).facts.code).toBe("export.batch-size");
    }
  });
});

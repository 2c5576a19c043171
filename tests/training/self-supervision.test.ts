/** @file Self-supervised methods in runs: their streams and data, resuming, exporting, pre-training. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SafetensorsFile } from "../../src/disk/safetensors.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { batchPlan, samplesOf } from "../../src/training/batch-plan.js";
import { readMetrics, train } from "../../src/training/index.js";
import { networkOf } from "../../src/training/parts.js";
import { openRunData, runLabels } from "../../src/training/run-data.js";
import { checkStreams } from "../../src/training/stream-check.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const SMALL = [
  "tasks=[depth]",
  "model={name: deeplabv3plus, encoder: resnet18, norm: group, width: 4}",
  "labels={scenario: fraction, fractions: {depth: 0.5}}",
  "optimizer={name: sgd, learningRate: 0.05, momentum: 0.9}",
  "batchSize=2",
];
const WITH = (...added: string[]) => `method={name: supervised, with: [${added.join(", ")}]}`;
const last = "checkpoints/last.safetensors";

async function project(): Promise<string> {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 8, val: 2 });
  return folder;
}

async function streamsOf(folder: string, ...set: readonly string[]) {
  const config = tinyConfig(folder, ...SMALL, ...set);
  const data = await openRunData(config, networkOf(config));
  const labels = await runLabels(config, data);
  return {
    config,
    streams: batchPlan(config, data, labels).streams,
    samples: samplesOf(config, data, labels),
    warnings: () => checkStreams(config, data, labels),
  };
}

test("a run of all three beside a target resumes to the very numbers, and exports the network alone", async () => {
  const folder = await project();
  const config = tinyConfig(
    folder,
    ...SMALL,
    WITH("{name: rotation}", "{name: moco, memory: images}", "{name: densecl, queueSize: 5}"),
    "steps=5",
    "evaluation.every=5",
  );
  const whole = join(folder, "whole");
  await train({ config, folder: whole });
  const [step] = readMetrics(join(whole, "metrics.jsonl"));
  const terms = ["depth", "rotation", "moco", "densecl.global", "densecl.local", "total"];
  expect(Object.keys((step as { losses: object }).losses)).toEqual(terms);
  const { state } = await loadCheckpoint(join(whole, last));
  // 4 labelled images of 8.
  expect(state.positions.main).toEqual({ epoch: 2, step: 1 });
  for (const name of ["rotation", "moco", "densecl"])
    expect(state.positions[name]).toEqual({ epoch: 1, step: 1 });
  const parts = join(folder, "parts");
  const controller = new AbortController();
  const recorders = [listener((done) => done === 2 && controller.abort())];
  await train({ config, folder: parts, signal: controller.signal, recorders });
  await train({ config, folder: parts, resume: true });
  expect(readFileSync(join(parts, last)).equals(readFileSync(join(whole, last)))).toBe(true);

  const file = await SafetensorsFile.open(join(whole, last));
  const names = [...file.entries.keys()];
  await file.close();
  for (const stored of [
    "helper.rotation.weight",
    "helper.moco.key-heads.global.2.weight",
    "helper.moco.keys.encoder.conv1.weight",
    "helper.moco.memory.global.keys",
    "helper.densecl.local.0.weight",
    "helper.densecl.memory.local.owners",
  ]) {
    expect(names).toContain(stored);
  }
  const initializers = decodeModel(readFileSync(join(whole, "model.onnx"))).graph?.initializer ?? [];
  expect(initializers.some(({ name }) => name.includes("head.depth"))).toBe(true);
  expect(initializers.filter(({ name }) => /helper|queue|memory/.test(name))).toEqual([]);
});

test("beside a target, a stream of its own sees all images, the labelled ones alone, or other data", async () => {
  const folder = await project();
  const { streams, samples, config } = await streamsOf(folder, WITH("{name: moco}"));
  expect(config.sampling).toEqual({ images: "labelled" });
  expect(samples).toEqual({ main: 4, moco: 8 });
  expect(streams.main).toMatchObject({ images: "labelled", tasks: ["depth"] });
  expect(streams.moco).toMatchObject({ images: undefined, tasks: [], batchSize: 2, split: "train" });
  expect(streams.moco.views[0].augmentations.map(({ name }) => name)).toEqual([
    ...["offset-crop", "jitter", "grey", "blur", "flip"],
  ]);
  const subset = await streamsOf(folder, WITH("{name: moco, images: labelled, batchSize: 3}"));
  expect(subset.samples).toEqual({ main: 4, moco: 4 });
  expect(subset.streams.moco).toMatchObject({ images: "labelled", batchSize: 3 });
  await writeTiny(join(folder, "other"), { train: 5 });
  const other = await streamsOf(
    folder,
    WITH("{name: rotation, data: {path: other}, augmentation: [{name: flip}]}"),
  );
  expect(other.samples).toEqual({ main: 4, rotation: 5 });
  expect(other.streams.rotation).toMatchObject({ source: { path: join(folder, "other"), size: [32, 32] } });
  expect(other.streams.rotation.views[0].augmentations).toEqual([{ name: "flip", probability: 0.5 }]);
});

test("methods that learn from images without labels, too, keep them; what is said stands", async () => {
  const folder = await project();
  const sampling = async (...set: string[]) => (await streamsOf(folder, ...set)).config.sampling;
  expect(await sampling("method={name: consistency, with: [{name: moco}]}")).toBeUndefined();
  expect(await sampling(WITH("{name: moco}"), "sampling={images: all}")).toEqual({ images: "all" });
  expect(await sampling(WITH("{name: moco}"), "sampling={balance: tasks}")).toEqual({
    ...{ balance: "tasks", images: "labelled" },
  });
  expect(await sampling("method={name: supervised}")).toBeUndefined();
});

test("alone it pre-trains without labels or evaluation; a target begins with the network, and goes on with the rest", async () => {
  const folder = await project();
  const init = join(folder, "init");
  const alone = tinyConfig(folder, ...SMALL, "method={name: densecl}", "steps=3");
  expect(alone.evaluation.split).toBeNull();
  await train({ config: alone, folder: init });
  const said: string[] = [];
  const begin = (name: string, ...set: string[]) =>
    train({
      config: tinyConfig(folder, ...SMALL, "steps=1", `model.weights=${init}`, ...set),
      folder: join(folder, name),
      log: (message) => said.push(message),
    });
  await begin("target", "method={name: supervised}");
  expect(said.join("\n")).toMatch(/Loaded \d+ arrays of weights from/);
  await begin("both", WITH("{name: densecl}"));
  expect(said.join("\n")).toMatch(
    /and those of densecl, densecl keys, densecl key-heads, densecl.memory beside/,
  );
});

test.each<[what: string, set: string[], code: string]>([
  ["fewer images than a batch", [WITH("{name: moco, batchSize: 9}")], "data.fewer-than-a-batch"],
  ["fewer images than a batch, alone", ["method={name: densecl}", "batchSize=9"], "data.fewer-than-a-batch"],
  [
    "crops larger than the image",
    [WITH("{name: moco, crop: [32, 30], distance: 1}")],
    "augmentation.crop-too-large",
  ],
  [
    "views of another size",
    [WITH("{name: moco, augmentation: [{name: square}]}"), "data.size=[32, 48]"],
    "augmentation.other-size",
  ],
  ["data of another size", [WITH("{name: moco, data: {path: other, size: [16, 16]}}")], "config.beside-size"],
  [
    "other data's labels",
    [WITH("{name: moco, images: labelled, data: {path: other}}")],
    "config.beside-labelled",
  ],
  ["data without images", [WITH("{name: moco, data: {path: bare}}")], "config.beside-without-images"],
  ["data that is not there", [WITH("{name: moco, data: {path: nowhere}}")], "data.missing-folder"],
])("%s is one message, before anything is trained", async (_what, set, code) => {
  const folder = await project();
  await writeTiny(join(folder, "other"), { train: 3 });
  await writeTiny(join(folder, "bare"), { val: 1 });
  const run = join(folder, "run");
  const start = () => train({ config: tinyConfig(folder, ...SMALL, ...set), folder: run });
  const error = await userError(start);
  expect(error.facts.code).toBe(code);
  expect(error.message.split("\n").length).toBeLessThan(8);
});

test("few labelled images, and a queue larger than the data, are worth a word", async () => {
  const folder = await project();
  const { warnings } = await streamsOf(folder, WITH("{name: moco, queueSize: 100}"), "batchSize=6");
  expect(warnings()).toEqual([
    expect.stringContaining("a queue of 100 keys is larger than the data, 8 images"),
    expect.stringContaining("only 4 training images have a label, fewer than a batch of 6"),
  ]);
});

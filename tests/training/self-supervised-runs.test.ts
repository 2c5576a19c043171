/** @file Runs of self-supervised methods: resuming, exporting, pre-training. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SafetensorsFile } from "../../src/disk/safetensors.js";
import { decodeModel } from "../../src/graph/onnx.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, train } from "../../src/training/index.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig } from "../helpers/tiny.js";
import { composite, SMALL, WITH } from "./composite.js";

const last = "checkpoints/last.safetensors";

test("a run of all three beside a target resumes to the very numbers, and exports the network alone", async () => {
  const folder = await composite();
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
    "helper.moco.keys.encoder_block.0.0.weight",
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

test("alone it pre-trains without labels or evaluation; a run beside a target begins with all it has learnt", async () => {
  const folder = await composite();
  const init = join(folder, "init");
  const alone = tinyConfig(folder, ...SMALL, "method={name: densecl}", "steps=3");
  expect(alone.evaluation.split).toBeNull();
  await train({ config: alone, folder: init });
  const said: string[] = [];
  await train({
    config: tinyConfig(folder, ...SMALL, WITH("{name: densecl}"), "steps=1", `model.weights=${init}`),
    folder: join(folder, "both"),
    log: (message) => said.push(message),
  });
  expect(said.join("\n")).toMatch(
    /Loaded \d+ arrays of weights and those of densecl, densecl keys, densecl key-heads, densecl.memory beside/,
  );
});

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { openDataset } from "../../src/data/formats/index.js";
import { resizeSample } from "../../src/data/resize.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import type { WorldData } from "../../src/training/config/data-schema.js";
import { checkpointOf } from "../../src/training/export.js";
import { evaluateRun, findRun, readMetrics, train } from "../../src/training/index.js";
import { sourceOf } from "../../src/training/run-data.js";
import { renderedWorld } from "../../src/training/world-cache.js";
import { worldByName } from "../../src/worlds/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

describe("options of a run", () => {
  const start = async (...set: string[]) => {
    const folder = scratchFolder();
    await writeTiny(join(folder, "data"));
    const run = join(folder, "run");
    const config = tinyConfig(folder, ...set);
    return { folder, run, config, result: await train({ config, folder: run }) };
  };

  test("averaged weights are what is evaluated and exported; clipping reports the norm", async () => {
    const { run, config } = await start("ema=0.9", "clipNorm=0.5", "steps=4", "optimizer.learningRate=0.01");
    const [first] = readMetrics(join(run, "metrics.jsonl"));
    expect(first.kind === "step" && first.values?.["gradient norm"]).toBeGreaterThan(0);
    const { arrays } = await loadCheckpoint(checkpointOf(findRun(run), "last"));
    const averaged = [...arrays.keys()].filter((each) => arrays.has(`ema.${each}`));
    // Of a head, as a bias before a normalisation does not learn.
    for (const ending of ["weight", "head.depth.0.bias", "running_mean", "running_var"]) {
      const name = averaged.find((each) => each.endsWith(ending))!;
      expect(arrays.get(`ema.${name}`)!.data).not.toEqual(arrays.get(name)!.data);
    }
    const last = readMetrics(join(run, "metrics.jsonl")).findLast((record) => record.kind === "evaluation")!;
    const val = await evaluateRun(findRun(run), { split: "val", checkpoint: "last" });
    expect(val.metrics).toEqual(last.metrics);
    expect(config.ema).toBe(0.9);
  });

  test("accumulated batches make one step", async () => {
    const { run, result } = await start("accumulate=2", "steps=3", "batchSize=2");
    expect(result.step).toBe(3);
    const { state } = await loadCheckpoint(checkpointOf(findRun(run), "last"));
    // 3 steps of 2 batches of 2 images out of 8: one epoch and 2 batches.
    expect(state.positions).toEqual({ main: { epoch: 1, step: 2 } });
  });

  test("early stopping ends a run that does not get better, for good", async () => {
    const { run, config, result } = await start(
      "earlyStopping={metric: depth.delta1, patience: 1}",
      "evaluation.every=1",
      "optimizer.learningRate=1e-12",
      "checkpoint.best=null",
    );
    expect(result.outcome).toBe("stopped");
    expect(result.step).toBeLessThan(12);
    expect(existsSync(join(run, "checkpoints", "best.safetensors"))).toBe(false);
    expect(await train({ config, folder: run, resume: true })).toMatchObject({
      outcome: "stopped",
      step: result.step,
    });
  });

  test("the released JTR, SGD with a schedule, a subset of tasks and no evaluation", async () => {
    const { run } = await start(
      "method={name: jtr, width: 4, variant: released}",
      "tasks=[depth, segmentation]",
      "optimizer={name: sgd, momentum: 0.9, schedule: {name: polynomial, warmup: 2}}",
      "evaluation.split=null",
      "steps=3",
    );
    const rates = readMetrics(join(run, "metrics.jsonl")).map(
      (each) => each.kind === "step" && each.learningRates.main,
    );
    expect(rates[0]).toBeCloseTo(0.005);
    expect(rates).toHaveLength(3);
  });

  test("a built-in world is rendered once and found again", async () => {
    const folder = scratchFolder();
    vi.stubEnv("TASKLOOM_CACHE", join(folder, "cache"));
    const messages: string[] = [];
    const config = tinyConfig(
      folder,
      "data={world: rooms, train: 2, val: 1, test: 1, size: [32, 32]}",
      "tasks=[depth]",
      "steps=1",
      "batchSize=2",
    );
    const log = (message: string) => messages.push(message);
    await train({ config, folder: join(folder, "run"), log });
    await evaluateRun(findRun(join(folder, "run")), { log });
    vi.unstubAllEnvs();
    expect(messages).toHaveLength(1);
    expect(readdirSync(join(folder, "cache"))).toEqual([expect.stringMatching(/^rooms-\w{12}$/)]);
  });

  test("a configuration can name a world's video in one of its styles", async () => {
    const folder = scratchFolder();
    vi.stubEnv("TASKLOOM_CACHE", join(folder, "cache"));
    const world = "data={world: streets, train: 1, val: 1, test: 0, size: [32, 32], video: 2, style: plain}";
    const messages: string[] = [];
    const source = await sourceOf(tinyConfig(folder, world), (message) => messages.push(message));
    vi.unstubAllEnvs();
    const { info, read } = await openDataset(source);
    expect(messages[0]).toContain("Rendering 4 images of streets");
    expect(info.name).toBe("streets-plain-0");
    expect(info.sequences?.train[0].frames).toHaveLength(2);
    expect((await read("train", info.splits.train[1], [])).pose).toBeDefined();
    expect(readdirSync(source.path).sort()).toEqual(["dataset.yaml", "sequences.json", "train", "val"]);
    expect(readdirSync(join(source.path, "train")).sort()).toEqual([
      "depth",
      "image",
      "normals",
      "segmentation",
    ]);
  });

  test("a configuration without tasks trains all seven of a world, and JTR as released refuses four", async () => {
    const folder = scratchFolder();
    vi.stubEnv("TASKLOOM_CACHE", join(folder, "cache"));
    const rooms = "data={world: rooms, train: 2, val: 1, test: 1, size: [32, 32]}";
    const config = (...set: string[]) =>
      tinyConfig(folder, rooms, "labels={scenario: halflabels}", "steps=1", "batchSize=2", ...set);
    const jtr = config("method={name: jtr, width: 4}");
    const { tasks } = await train({ config: jtr, folder: join(folder, "run") });
    const { metrics } = await evaluateRun(findRun(join(folder, "run")), { split: "val" });
    expect(tasks.map(({ name }) => name)).toEqual(Object.keys(worldByName("rooms").tasks));
    for (const { name, kind } of tasks) expect(metrics[name][kind.metrics.primary], name).toBeGreaterThan(0);
    const released = config("method={name: jtr, width: 4, variant: released}");
    await expect(train({ config: released, folder: join(folder, "released") })).rejects.toThrow(
      /^tasks: occlusion-edges: JTR's released code has no tasks of kind occlusion-edges .*\. Set `variant: paper`/,
    );
    vi.unstubAllEnvs();
  });

  test("a world that draws otherwise than before has another cache", async () => {
    const folder = scratchFolder();
    vi.stubEnv("TASKLOOM_CACHE", folder);
    const world = worldByName("rooms") as { version: number };
    const data: WorldData = { world: "rooms", train: 1, val: 1, test: 1, size: [16, 16], seed: 0 };
    const render = () => renderedWorld(data, () => undefined);
    const before = await render();
    world.version++;
    const after = await render().finally(() => world.version--);
    expect(after).not.toBe(before);
    expect(await render()).toBe(before);
    vi.unstubAllEnvs();
  });

  test("pictures of a world at another size are the same ones, resized", async () => {
    const folder = scratchFolder();
    vi.stubEnv("TASKLOOM_CACHE", folder);
    const data: WorldData = { world: "rooms", train: 2, val: 0, test: 1, size: [24, 32], seed: 3 };
    const open = async (source: WorldData) => openDataset(await sourceOf({ data: source }, () => undefined));
    const tasks = ["depth", "segmentation"];
    const [large, small] = [await open(data), await open({ ...data, size: [12, 16], renderSize: [24, 32] })];
    expect(readdirSync(folder)).toHaveLength(1);
    for (const id of large.info.splits.train) {
      const expected = resizeSample(await large.read("train", id, tasks), large.info.tasks, [12, 16]);
      expect(await small.read("train", id, tasks)).toEqual(expected);
    }
    vi.unstubAllEnvs();
  });
});

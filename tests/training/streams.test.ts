import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

vi.mock("../../src/methods/index.js", async (original) => {
  const actual = await original<typeof import("../../src/methods/index.js")>();
  const { framePairs, twoStreams } = await import("./two-streams.js");
  return {
    ...actual,
    methods: { ...actual.methods, [twoStreams.name]: twoStreams, [framePairs.name]: framePairs },
  };
});

test("a method reads a second stream of its own size and pace, and the run resumes to the same numbers", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"), { train: 8, more: 5, val: 2 });
  const config = tinyConfig(folder, "method={name: two-streams, split: more}", "batchSize=2", "steps=5");
  const whole = join(folder, "whole");
  await train({ config, folder: whole });
  const [step] = readMetrics(join(whole, "metrics.jsonl"));
  expect(Object.keys((step as { losses: object }).losses)).toEqual(
    expect.arrayContaining(["depth", "agreement.depth", "agreement.normals", "mean number"]),
  );
  const { state } = await loadCheckpoint(join(whole, "checkpoints/last.safetensors"));
  // 5 batches of 2 of 8 images, and of 3 of 5 images.
  expect(state.positions).toEqual({ main: { epoch: 1, step: 1 }, unlabelled: { epoch: 3, step: 0 } });
  const controller = new AbortController();
  const parts = join(folder, "parts");
  await train({
    config,
    folder: parts,
    signal: controller.signal,
    recorders: [listener((done) => done === 3 && controller.abort())],
  });
  await train({ config, folder: parts, resume: true });
  const last = "checkpoints/last.safetensors";
  expect(readFileSync(join(parts, last)).equals(readFileSync(join(whole, last)))).toBe(true);
});

test("added to another method, it keeps its stream under its own name", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const config = tinyConfig(
    folder,
    "method={name: consistency, with: [{name: two-streams, images: 2}]}",
    "batchSize=2",
    "steps=1",
  );
  const run = join(folder, "run");
  await train({ config, folder: run });
  const { state } = await loadCheckpoint(join(run, "checkpoints/last.safetensors"));
  expect(Object.keys(state.positions)).toEqual(["main", "two-streams.unlabelled"]);
});

test("a stream of images that are evaluated on, or not there, is refused", async () => {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  const start = (split: string) =>
    train({
      config: tinyConfig(folder, `method={name: two-streams, split: ${split}}`),
      folder: join(folder, split),
    });
  expect((await userError(() => start("val"))).facts).toMatchObject({
    code: "config.trained-on-evaluation",
    where: "method: unlabelled",
  });
  expect((await userError(() => start("more"))).facts.code).toBe("data.no-split");
});

test("a method reads frames of sequences; without any, it is told so", async () => {
  const folder = scratchFolder();
  const data = join(folder, "data");
  await writeTiny(data);
  const start = (name: string, ...set: string[]) =>
    train({
      config: tinyConfig(folder, "method={name: frame-pairs}", "steps=2", ...set),
      folder: join(folder, name),
    });
  expect((await userError(() => start("none"))).facts.code).toBe("data.no-clips");
  appendFileSync(join(data, "dataset.yaml"), "sequences: sequences.json\n");
  const frames = [0, 1, 2, 3, 4].map((n) => `train-${n}`);
  writeFileSync(join(data, "sequences.json"), JSON.stringify({ train: [{ frames }] }));
  await start("some");
  const [step] = readMetrics(join(folder, "some/metrics.jsonl"));
  expect(Object.keys((step as { losses: object }).losses)).toContain("steady.depth");
  const apart = "method={name: consistency, with: [{name: frame-pairs, step: 2}]}";
  expect((await start("added", apart)).outcome).toBe("done");
});

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, train } from "../../src/training/index.js";
import { scratchFolder } from "../helpers/folder.js";
import { listener } from "../helpers/listener.js";
import { tinyConfig, writeTiny } from "../helpers/tiny.js";

const OPTIONS = ["evaluation.every=2", "checkpoint.every=3", "samples={every: 2, count: 1}"];

/** Steps after which the run was evaluated, and those of which predictions were drawn. */
function stepsOf(run: string): { evaluated: number[]; drawn: number[] } {
  const records = readMetrics(join(run, "metrics.jsonl"));
  const [sample] = readdirSync(join(run, "samples"));
  const names = readdirSync(join(run, "samples", sample));
  const drawn = names.flatMap((name) => /^depth\.step-0*(\d+)\.png$/.exec(name)?.slice(1).map(Number) ?? []);
  return {
    evaluated: records.flatMap((record) => (record.kind === "evaluation" ? [record.step] : [])),
    drawn: drawn.sort((a, b) => a - b),
  };
}

async function savedSteps(run: string): Promise<Record<string, number>> {
  const files = readdirSync(join(run, "checkpoints")).filter((name) => name.endsWith(".safetensors"));
  const steps = files.map(async (name) => {
    const { state } = await loadCheckpoint(join(run, "checkpoints", name));
    return [name.replace(".safetensors", ""), state.step] as const;
  });
  return Object.fromEntries(await Promise.all(steps));
}

async function start(...set: readonly string[]) {
  const folder = scratchFolder();
  await writeTiny(join(folder, "data"));
  return { config: tinyConfig(folder, ...OPTIONS, ...set), run: join(folder, "run") };
}

test("a run is evaluated, drawn and saved at its intervals, and at its last step", async () => {
  const { config, run } = await start("steps=5", "checkpoint.best=null");
  await train({ config, folder: run });
  // Of the evaluations the first, the third and the last are drawn.
  expect(stepsOf(run)).toEqual({ evaluated: [2, 4, 5], drawn: [2, 5] });
  expect(await savedSteps(run)).toEqual({ "last.prev": 3, last: 5 });
});

test("a run that was stopped between two evaluations goes on with the same intervals", async () => {
  const { config, run } = await start("steps=7");
  const controller = new AbortController();
  const recorders = [listener((step) => step === 3 && controller.abort())];
  await train({ config, folder: run, signal: controller.signal, recorders });
  expect(stepsOf(run)).toEqual({ evaluated: [2], drawn: [2] });
  await train({ config, folder: run, resume: true });
  expect(stepsOf(run)).toEqual({ evaluated: [2, 4, 6, 7], drawn: [2, 6, 7] });
});

test("the best checkpoint remembers its step and number, and a resumed run what was best", async () => {
  const { config, run } = await start("steps=4", "checkpoint.best=depth.aErr");
  await train({ config, folder: run });
  const best = async () => (await loadCheckpoint(join(run, "checkpoints", "last.safetensors"))).state.best;
  const evaluations = () =>
    readMetrics(join(run, "metrics.jsonl")).flatMap((record) =>
      record.kind === "evaluation" ? [record] : [],
    );
  const lowest = () =>
    evaluations().reduce((a, b) => (b.metrics.depth.aErr! < a.metrics.depth.aErr! ? b : a));
  const expectLowest = async () => {
    const { step, metrics } = lowest();
    expect(await best()).toEqual({ metric: "depth.aErr", value: -metrics.depth.aErr!, step });
    expect((await savedSteps(run)).best).toBe(step);
  };
  await expectLowest();
  await train({ config: { ...config, steps: 8 }, folder: run, resume: true });
  await expectLowest();
  let record = Number.POSITIVE_INFINITY;
  for (const { metrics, best: isBest } of evaluations()) {
    expect(isBest).toBe(metrics.depth.aErr! < record);
    record = Math.min(record, metrics.depth.aErr!);
  }
});

test("early stopping saves where it ends, and ends for good", async () => {
  const { config, run } = await start(
    ...["steps=12", "evaluation.every=1", "checkpoint={every: 50, best: null}"],
    ...["earlyStopping={metric: depth.delta1, patience: 1}", "optimizer.learningRate=1e-12"],
  );
  const first = await train({ config, folder: run });
  expect(first.outcome).toBe("stopped");
  expect(await savedSteps(run)).toEqual({ last: first.step });
  const again = await train({ config, folder: run, resume: true });
  expect(again).toMatchObject({ outcome: "stopped", step: first.step });
  expect(stepsOf(run).evaluated).toHaveLength(first.step);
});

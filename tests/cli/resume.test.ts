import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readMetrics } from "../../src/runs/metrics-log.js";
import { writeProject } from "../helpers/tiny.js";
import { finish, runCli, startCli } from "./helpers.js";

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  await writeProject(folder, {
    steps: 40,
    evaluation: { every: 7 },
    checkpoint: { every: 5 },
    optimizer: { name: "adam", learningRate: 0.003, schedule: { name: "cosine" } },
    ema: 0.9,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines = (run: string): number => {
  const path = join(folder, run, "metrics.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").length - 1 : 0;
};
const isSaving = (run: string): boolean => {
  const path = join(folder, run, "checkpoints");
  return existsSync(path) && readdirSync(path).some((name) => name.endsWith(".tmp"));
};
const records = (run: string) =>
  readMetrics(join(folder, run, "metrics.jsonl")).map((record) => ({ ...record, timing: undefined }));

/** The moments at which the run is killed, each after the one before it was resumed. */
const moments: readonly [string, (run: string) => boolean][] = [
  ["before it has written anything but its folder", (run) => existsSync(join(folder, run))],
  ["after its first steps, before its first checkpoint", (run) => lines(run) >= 3],
  ["while it saves a checkpoint", (run) => lines(run) >= 6 && isSaving(run)],
  ["after an evaluation", (run) => lines(run) >= 17],
  ["between two checkpoints", (run) => lines(run) >= 26],
  ["late", (run) => lines(run) >= 42],
];

test("a run killed at six moments ends in the very numbers of one that was not", async () => {
  const whole = runCli(["train", "config.yaml", "--run", "whole"], folder);
  for (const [what, isReached] of moments) {
    const resume = existsSync(join(folder, "killed")) ? ["--resume"] : [];
    const child = startCli(["train", "config.yaml", "--run", "killed", ...resume], folder);
    const ended = finish(child);
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!over && !isReached("killed")) await sleep(2);
    child.kill("SIGKILL");
    const { code, stderr } = await ended;
    expect(code, `the run ended by itself before it could be killed ${what}: ${stderr}`).toBeNull();
  }
  expect(records("killed").length).toBeLessThan(46);
  const last = await runCli(["train", "config.yaml", "--run", "killed", "--resume"], folder);
  expect(last.code, last.stderr).toBe(0);
  expect((await whole).code).toBe(0);
  expect(records("killed")).toEqual(records("whole"));
  for (const name of [
    "checkpoints/last.safetensors",
    "checkpoints/best.safetensors",
    "model.onnx",
    "labels.json",
  ]) {
    const [a, b] = ["killed", "whole"].map((run) => readFileSync(join(folder, run, name)));
    expect(a.equals(b), name).toBe(true);
  }
});

test("SIGTERM and Ctrl-C save, say how to go on and leave a report", async () => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    const child = startCli(["train", "config.yaml", "--run", signal], folder);
    const ended = finish(child);
    while (lines(signal) < 3) await sleep(2);
    child.kill(signal);
    const result = await ended;
    expect(result.code).toBe(code);
    expect(result.stderr).toContain(
      `taskloom train ${join(signal, "config.resolved.yaml")} --run ${signal} --resume`,
    );
    const report = join(signal, "report.html");
    expect(result.stderr).toContain(`Report so far: ${report}\n`);
    const saved = JSON.parse(readFileSync(join(folder, signal, "checkpoints", "last.json"), "utf8")) as {
      step: number;
    };
    expect(saved.step).toBe(records(signal).filter(({ kind }) => kind === "step").length);
    const page = readFileSync(join(folder, report), "utf8");
    expect(page).toContain(
      `The run was interrupted after step ${saved.step} of 40. It goes on with: taskloom`,
    );
  }
});

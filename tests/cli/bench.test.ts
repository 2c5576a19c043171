import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import type { BenchResults, DryRun } from "../../src/bench/index.js";
import { tinyText, writeTiny } from "../helpers/tiny.js";
import { finish, runCli, runProcess, startCli, userMessage } from "./helpers.js";

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "taskloom-"));
  await writeTiny(join(folder, "data"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const supervised = { method: { name: "supervised" } };
function writeSuite(methods: object, steps = 12): void {
  const { method: _method, ...base } = parse(tinyText({ steps, evaluation: { split: null } })) as {
    method: unknown;
  };
  const suite = {
    base: { ...base, checkpoint: { every: 3, best: null } },
    methods,
    seeds: [0],
    baseline: "supervised",
  };
  writeFileSync(join(folder, "suite.yaml"), stringify(suite));
}
/** It starts processes of its own, of what is compiled. */
const bench = (...args: string[]) => runProcess(["bench", "suite.yaml", ...args], folder);
const file = (...parts: string[]) => join(folder, "bench", "suite", ...parts);
const first = (...parts: string[]) => file("runs", "supervised", "seed-0", ...parts);
const stepsDone = (): number =>
  existsSync(first("run", "metrics.jsonl"))
    ? readFileSync(first("run", "metrics.jsonl"), "utf8").split("\n").length - 1
    : 0;

test("a killed suite goes on, and its results are those of its runs", async () => {
  writeSuite({ supervised, jtr: { method: { name: "jtr", width: 4 } } }, 40);
  const killed = startCli(["bench", "suite.yaml", "--only", "supervised"], folder);
  const ended = finish(killed);
  while (stepsDone() < 4) await sleep(5);
  killed.kill("SIGKILL");
  expect((await ended).code).toBeNull();

  const { code, stdout, stderr } = await bench("--json", "--jobs", "2");
  expect(code, stderr).toBe(0);
  const results = JSON.parse(stdout) as BenchResults;
  expect(readFileSync(first("log.txt"), "utf8")).toMatch(/^\$ taskloom train .*--resume$/m);
  expect(stepsDone()).toBe(40);
  const measured = await runCli(["evaluate", first("run"), "--checkpoint", "last", "--json"], folder);
  expect(results.runs[0].metrics).toEqual((JSON.parse(measured.stdout) as { metrics: unknown }).metrics);
  const [mine, theirs] = results.runs.map(({ training }) => training!);
  expect(mine.peakMemoryBytes).toBeGreaterThan(2 ** 26);
  expect(mine.parameters.helpers).toBe(0);
  expect(theirs.parameters.network).toBe(mine.parameters.network);
  expect(theirs.parameters.helpers).toBeGreaterThan(1000);
  expect(readFileSync(file("results.md"), "utf8")).toMatch(/^\| jtr +\|.*%.* MiB \|.* \+ .*\|$/m);

  const again = await bench();
  expect([again.code, again.stderr]).toEqual([0, "1 of 2 runs finished\n2 of 2 runs finished\n"]);
});

test("Ctrl-C lets the runs save; exit code 130", async () => {
  writeSuite({ supervised }, 41);
  const child = startCli(["bench", "suite.yaml"], folder);
  const ended = finish(child);
  // The files of the run before it are gone once it has begun anew.
  while (!existsSync(first("run.json")) || !readFileSync(first("run.json"), "utf8").includes("started"))
    await sleep(5);
  while (stepsDone() < 3) await sleep(5);
  child.kill("SIGINT");
  const { code, stderr } = await ended;
  expect([code, stderr]).toEqual([130, expect.stringContaining("The same command goes on.")]);
  expect(existsSync(first("run", "checkpoints", "last.safetensors"))).toBe(true);
  const plan = await bench("--dry-run", "--json");
  expect((JSON.parse(plan.stdout) as DryRun[]).map(({ name, next }) => [name, next])).toEqual([
    ["supervised/seed-0", "resume"],
  ]);
  expect((await bench("--dry-run")).stdout).toMatch(/^[0-9a-f]{12} {2}resume {6}supervised\/seed-0\n$/);
});

test("failed runs are exit code 1 and rows of the results; wrong suites are one message", async () => {
  writeSuite({ supervised, lost: { ...supervised, data: { path: "nowhere" } } });
  expect(userMessage(await bench("--only", "lost"))).toContain("1 of 2 runs failed: lost/seed-0");
  expect(readFileSync(file("results.md"), "utf8")).toMatch(/^\| lost, seed 0 +\| +failed: .*nowhere/m);
  writeSuite({ supervised: { ...supervised, stpes: 3 } });
  expect(userMessage(await bench())).toMatch(
    /suite\.yaml:\d+:\d+: unknown key `stpes`.*Did you mean `steps`/,
  );
  expect((await bench("--jobs", "0")).code).toBe(2);
});

test("--seeds stand in for the suite's", async () => {
  writeSuite({ supervised });
  const plan = await bench("--dry-run", "--json", "--seeds", "3, 4");
  expect((JSON.parse(plan.stdout) as DryRun[]).map(({ name }) => name)).toEqual([
    "supervised/seed-3",
    "supervised/seed-4",
  ]);
  for (const wrong of ["1,1", "1,", "-1", "a"]) {
    expect((await bench("--dry-run", "--seeds", wrong)).code, wrong).toBe(2);
  }
});

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { type BenchOptions, parseSuite, planSuite, runSuite } from "../../src/bench/index.js";
import { lockFolder } from "../../src/runs/lock.js";
import { scratchFolder, userError } from "../helpers/folder.js";

vi.mock("../../src/methods/index.js", async (original) => {
  const { methods } = await original<typeof import("../../src/methods/index.js")>();
  const options = z.strictObject({ teachers: z.string() });
  return { methods: { ...methods, student: { ...methods.supervised, name: "student", options } } };
});

const command = [process.execPath, resolve("tests/bench/fake-taskloom.mjs")];
let folder: string;
let out: string;
beforeEach(() => {
  folder = scratchFolder();
  out = join(folder, "out");
  vi.stubEnv("JOURNAL", join(folder, "journal"));
});
afterEach(() => vi.unstubAllEnvs());

const method = { name: "supervised" };
const SUITE = {
  base: { data: { path: "data" } },
  methods: { a: { method, steps: 10 }, b: { method, steps: 8 } },
  seeds: [0, 1],
  baseline: "a",
};
const suiteOf = (changes: object = {}) =>
  parseSuite(stringify({ ...SUITE, ...changes }), join(folder, "suite.yaml"));
const run = (changes: object = {}, options: Partial<BenchOptions> = {}) =>
  runSuite(suiteOf(changes), { out, command, ...options });
/** Commands since the last call: `train b/seed-0`, `train b/seed-0 --resume`, `evaluate b/seed-0`. */
function asked(): string[] {
  const journal = join(folder, "journal");
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, "utf8").trim().split("\n");
  rmSync(journal);
  return lines.map((line) => {
    const [verb] = line.split(" ");
    const name = /runs\/(\S*)\/run/.exec(line)![1];
    return `${verb} ${name}${line.includes("--resume") ? " --resume" : ""}`;
  });
}
const waitFor = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(5);
};
const waiting = { methods: { ...SUITE.methods, slow: { method, steps: 17 } }, seeds: [0] };

it("runs everything once; finished runs are not repeated, changed ones start anew", async () => {
  const { results, failed, interrupted } = await run();
  expect([failed, interrupted]).toEqual([[], false]);
  expect(asked()).toEqual(
    ["a/seed-0", "a/seed-1", "b/seed-0", "b/seed-1"].flatMap((name) => [`train ${name}`, `evaluate ${name}`]),
  );
  expect(results.runs[2]).toMatchObject({
    ...{ name: "b/seed-0", method: "b", seed: 0, status: "done", images: 4 },
    metrics: { depth: { aErr: 0.8, delta1: null } },
    tasks: [{ name: "depth", kind: "depth", metric: "aErr", unit: "m", better: "lower" }],
    training: { seconds: 6, peakMemoryBytes: 2 ** 28, parameters: { network: 1500, helpers: 0 } },
  });
  expect(results.summary[1].deltaPercent?.mean).toBeCloseTo(20, 9);
  expect(JSON.parse(readFileSync(join(out, "results.json"), "utf8"))).toEqual(
    JSON.parse(JSON.stringify(results)),
  );

  await run();
  expect(asked()).toEqual([]);
  const changes = { methods: { a: { method, steps: 10 }, b: { method, steps: 9 } } };
  expect((await planSuite(suiteOf(changes), { out })).map(({ next }) => next)).toEqual([
    ...["nothing", "nothing", "start anew", "start anew"],
  ]);
  writeFileSync(join(out, "runs/b/seed-0/run/old"), "");
  await run(changes, { only: "b" });
  expect(asked()).toEqual(["train b/seed-0", "evaluate b/seed-0", "train b/seed-1", "evaluate b/seed-1"]);
  expect(existsSync(join(out, "runs/b/seed-0/run/old"))).toBe(false);
  await run({ ...changes, split: "val" }, { only: "a" });
  expect(asked()).toEqual(["evaluate a/seed-0", "evaluate a/seed-1"]);
});

it("a run that fails is a row that says so; it is tried again", async () => {
  const changes = { methods: { ...SUITE.methods, bad: { method, steps: 13 } } };
  const { failed, results } = await run(changes, { jobs: 3 });
  expect([...failed].sort()).toEqual(["bad/seed-0", "bad/seed-1"]);
  expect(results.runs.at(-1)).toMatchObject({ status: "failed", error: "it broke | so be it" });
  expect(readFileSync(join(out, "results.md"), "utf8")).toMatch(
    /^\| bad, seed 1 +\| +failed: it broke \\\| so be it \|/m,
  );
  expect(readFileSync(join(out, "runs/bad/seed-0/log.txt"), "utf8")).toContain("step 1\nerror: it broke");
  asked();
  await run(changes);
  expect(asked()).toEqual(["train bad/seed-0 --resume", "train bad/seed-1 --resume"]);
});

it("a run that another needs comes first; where it fails, the other does too", async () => {
  const methods = {
    student: { method: { name: "student", teachers: { run: "teacher" } } },
    teacher: { method, steps: 10 },
  };
  const suite = { methods, baseline: undefined };
  const { failed } = await run(suite, { jobs: 2, only: "student" });
  expect(failed).toEqual([]);
  const order = asked();
  for (const seed of [0, 1]) {
    expect(order.indexOf(`train student/seed-${seed}`)).toBeGreaterThan(
      order.indexOf(`evaluate teacher/seed-${seed}`),
    );
  }
  expect(readFileSync(join(out, "runs/student/seed-1/config.yaml"), "utf8")).toContain(
    `teachers: ${join(out, "runs/teacher/seed-1/run")}\n`,
  );
  const broken = await run({ ...suite, methods: { ...methods, teacher: { method, steps: 13 } } });
  expect(broken.failed).toHaveLength(4);
  expect(broken.results.runs.find(({ name }) => name === "student/seed-0")?.error).toBe(
    "needs the run teacher/seed-0, which failed",
  );
});

it("a signal lets runs save; the next call goes on with them", async () => {
  const stopping = new AbortController();
  const ended = run(waiting, { jobs: 3, signal: stopping.signal });
  await waitFor(() => existsSync(join(out, "runs/slow/seed-0/run/config.resolved.yaml")));
  stopping.abort();
  const { results, interrupted, failed } = await ended;
  expect([interrupted, failed]).toEqual([true, []]);
  expect(results.runs.find(({ method: name }) => name === "slow")?.status).toBe("pending");
  asked();
  expect((await planSuite(suiteOf(waiting), { out, only: "slow" })).map(({ next }) => next)).toEqual([
    "resume",
  ]);
  expect((await run(waiting)).interrupted).toBe(false);
  expect(asked()).toContain("train slow/seed-0 --resume");
});

it("two at once share the runs, and wait for those of the other", async () => {
  const both = await Promise.all([run({}, { jobs: 2 }), run({}, { jobs: 2 })]);
  expect(
    asked()
      .filter((line) => line.startsWith("train"))
      .sort(),
  ).toEqual(["a/seed-0", "a/seed-1", "b/seed-0", "b/seed-1"].map((name) => `train ${name}`));
  for (const { results } of both) expect(results.runs.every(({ status }) => status === "done")).toBe(true);
  expect(both[0].results.summary).toEqual(both[1].results.summary);
});

it("leaves a training alone that a killed bench left behind", async () => {
  const stopping = new AbortController();
  const first = run(waiting, { only: "slow", signal: stopping.signal });
  const folderOfRun = join(out, "runs/slow/seed-0/run");
  await waitFor(() => existsSync(join(folderOfRun, "config.resolved.yaml")));
  stopping.abort();
  await first;
  asked();
  const orphan = lockFolder(folderOfRun);
  const second = run(waiting, { only: "slow" });
  await sleep(500);
  expect(asked()).toEqual([]);
  orphan.release();
  expect((await second).failed).toEqual([]);
});

it("says which record is damaged, and which pattern fits nothing", async () => {
  await run();
  writeFileSync(join(out, "runs/a/seed-0/run.json"), "{");
  expect((await userError(() => run())).facts.code).toBe("bench.damaged-record");
  expect((await userError(() => run({}, { only: "nothing" }))).facts.code).toBe("bench.none");
});

it("measures every run on other data, too, and again where that has changed", async () => {
  const only = { methods: { a: SUITE.methods.a }, seeds: [0], baseline: undefined };
  const elsewhere = { night: { data: "night", format: "camvid", map: "classes.yaml", split: "val" } };
  const { results } = await run({ ...only, elsewhere });
  const said = readFileSync(join(folder, "journal"), "utf8");
  const paths = { data: join(folder, "night"), map: join(folder, "classes.yaml") };
  expect(said).toContain(
    `--split val --checkpoint last --data ${paths.data} --format camvid --map ${paths.map} --json`,
  );
  expect(asked()).toEqual(["train a/seed-0", "evaluate a/seed-0", "evaluate a/seed-0"]);
  expect(results.runs[0].elsewhere).toEqual({
    night: { images: 4, metrics: { depth: { aErr: 1, delta1: null } } },
  });
  expect(results.summary[0].elsewhere?.night.depth.mean).toBe(1);
  expect(readFileSync(join(out, "results.md"), "utf8")).toContain("| night: depth aErr [m] ↓ |");
  await run({ ...only, elsewhere });
  expect(asked()).toEqual([]);
  await run({ ...only, elsewhere: { night: { data: "day" } } });
  expect(asked()).toEqual(["evaluate a/seed-0", "evaluate a/seed-0"]);
});

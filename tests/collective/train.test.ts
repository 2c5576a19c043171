import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { readCollective, trainCollective } from "../../src/collective/index.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import {
  evaluateRun,
  findRun,
  parseOverride,
  readMetrics,
  type StepRecord,
} from "../../src/training/index.js";
import { scratchFolder, userError } from "../helpers/folder.js";

let folder: string;
/** A collective of `BASE` that others are compared with. */
let whole: string;
beforeAll(async () => {
  const shared = mkdtempSync(join(tmpdir(), "taskloom-"));
  process.env.TASKLOOM_CACHE = join(shared, "cache");
  folder = shared;
  whole = join(shared, "whole");
  await trainCollective({ config: await configOf(), folder: whole });
});
afterAll(() => {
  rmSync(join(whole, ".."), { recursive: true, force: true });
  delete process.env.TASKLOOM_CACHE;
});
beforeEach(() => {
  folder = scratchFolder();
});

const world = (more: object = {}) => ({ world: "rooms", train: 4, val: 1, test: 1, size: [32, 32], ...more });
const module = (task: string, more: object = {}) => ({
  ...{ tasks: [task], model: { name: "segnet", width: 2 }, batchSize: 2 },
  data: world(),
  ...more,
});
const BASE = {
  mediator: { data: world({ seed: 7 }), batchSize: 2 },
  modules: { depth: module("depth"), normals: module("normals") },
  constraints: [{ name: "depth-normals", weight: 0.5 }],
  steps: 4,
  evaluation: { every: 2 },
  checkpoint: { every: 2, best: null },
  samples: { count: 0 },
  runtime: { threads: 1, workers: 0 },
};

/** Writes and reads a collective's configuration. */
async function configOf(changes: object = {}, ...set: readonly string[]) {
  const path = join(folder, "collective.yaml");
  writeFileSync(path, stringify({ ...BASE, ...changes }));
  return await readCollective(path, set.map(parseOverride));
}

const stepsOf = (run: string, name: string) =>
  readMetrics(join(run, "modules", name, "metrics.jsonl")).filter((r): r is StepRecord => r.kind === "step");

async function weightsOf(run: string, name: string): Promise<Map<string, unknown>> {
  const { arrays } = await loadCheckpoint(join(run, "modules", name, "checkpoints/last.safetensors"));
  return new Map([...arrays].map(([key, { data }]) => [key, data]));
}

describe("a collective", () => {
  test("trains every module on its labels and its ties, each in a run folder of its own", async () => {
    const run = whole;
    for (const name of ["depth", "normals"]) {
      const steps = stepsOf(run, name);
      expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
      for (const { losses } of steps) {
        expect(Object.keys(losses)).toEqual([name, "total", "depth-normals"]);
        expect(losses.total).toBeCloseTo(losses[name]! + 0.5 * losses["depth-normals"]!, 4);
      }
      const own = findRun(join(run, "modules", name));
      expect(existsSync(own.model)).toBe(true);
      const { metrics } = await evaluateRun(own, { split: "val", checkpoint: "last" });
      expect(Object.keys(metrics)).toEqual([name]);
      const last = readMetrics(own.metrics).findLast((record) => record.kind === "evaluation");
      expect(metrics).toEqual(last?.metrics);
    }
  });

  test("that is stopped and resumed ends in the same numbers", async () => {
    const parts = join(folder, "parts");
    const controller = new AbortController();
    const onStep = (step: number) => step === 3 && controller.abort();
    const first = await trainCollective({
      ...{ config: await configOf(), folder: parts, signal: controller.signal },
      onStep,
    });
    expect(first).toMatchObject({ outcome: "interrupted", step: 3 });
    // A kill between two modules: one of them has only the checkpoint before.
    const checkpoints = join(parts, "modules/normals/checkpoints");
    rmSync(join(checkpoints, "last.safetensors"));
    renameSync(join(checkpoints, "last.prev.safetensors"), join(checkpoints, "last.safetensors"));
    await trainCollective({ config: await configOf(), folder: parts, resume: true });
    for (const name of ["depth", "normals"]) {
      expect(await weightsOf(parts, name)).toEqual(await weightsOf(whole, name));
      const plain = (run: string) => stepsOf(run, name).map(({ losses, step }) => ({ losses, step }));
      expect(plain(parts)).toEqual(plain(whole));
    }
  });

  test("of a module without data learns it from its tie alone, statistics too, as it has no others", async () => {
    const run = join(folder, "run");
    const modules = { depth: module("depth"), normals: module("normals", { data: "none" }) };
    await trainCollective({ config: await configOf({ modules }), folder: run });
    expect(Object.keys(stepsOf(run, "normals")[0].losses)).toEqual(["depth-normals", "total"]);
    for (const name of ["depth", "normals"]) {
      const weights = await weightsOf(run, name);
      const means = [...weights].filter(([variable]) => variable.endsWith("running_mean"));
      expect(means.some(([, data]) => (data as Float32Array).some((value) => value !== 0))).toBe(true);
    }
  });

  test("with data keeps the statistics of its own batches alone", async () => {
    const [tied, apart] = [join(folder, "tied"), join(folder, "untied")];
    // Without a pull at the weights, all that mediator batches could change are statistics.
    const constraints = [{ name: "depth-normals", weight: 1e-30 }];
    const optimizer = { name: "sgd", learningRate: 1e-3, momentum: 0, weightDecay: 0 };
    const modules = { depth: module("depth", { optimizer }), normals: module("normals", { optimizer }) };
    await trainCollective({ config: await configOf({ modules, constraints }), folder: tied });
    await trainCollective({ config: await configOf({ modules, constraints: [] }), folder: apart });
    const statistics = async (run: string) =>
      [...(await weightsOf(run, "depth"))].find(([variable]) => variable.endsWith("running_mean"))![1];
    const [a, b] = [await statistics(tied), await statistics(apart)] as Float32Array[];
    expect(a).toEqual(b);
  });

  test("without constraints is each module trained alone", async () => {
    const alone = join(folder, "alone");
    await trainCollective({ config: await configOf({ constraints: [] }), folder: alone });
    expect(Object.keys(stepsOf(alone, "depth")[0].losses)).toEqual(["depth", "total"]);
    // Before anything is learnt from a tie, its own batches teach it the same.
    const loss = (run: string) => stepsOf(run, "depth")[0].losses.depth;
    expect(loss(alone)).toBe(loss(whole));
  });

  test.each([
    ["peers", 0],
    ["peers", 2],
    ["synchronous", 2],
  ])("updates by %s with copies %i steps old", async (update, steps) => {
    const run = join(folder, "run");
    const config = await configOf({ update, staleness: { steps } });
    const result = await trainCollective({ config, folder: run });
    expect(result).toMatchObject({ outcome: "done", step: 4 });
    const ties = (from: string) => stepsOf(from, "depth").map(({ losses }) => losses["depth-normals"]);
    if (update === "synchronous" || steps === 0) expect(ties(run)).toEqual(ties(whole));
    else {
      // Copies are fresh in the first step and in every second one after, if what came between did no harm.
      expect(ties(run)[0]).toBe(ties(whole)[0]);
      expect(ties(run)[1]).not.toBe(ties(whole)[1]);
    }
  });

  test("that is stopped between two copies goes on with the old ones", async () => {
    const config = await configOf({ staleness: { steps: 3 }, steps: 5 });
    const [once, parts] = [join(folder, "once"), join(folder, "parts")];
    await trainCollective({ config, folder: once });
    const controller = new AbortController();
    const onStep = (step: number) => step === 2 && controller.abort();
    await trainCollective({ config, folder: parts, signal: controller.signal, onStep });
    await trainCollective({ config, folder: parts, resume: true });
    for (const name of ["depth", "normals"]) {
      expect(await weightsOf(parts, name)).toEqual(await weightsOf(once, name));
      expect(stepsOf(parts, name).map(({ losses }) => losses)).toEqual(
        stepsOf(once, name).map(({ losses }) => losses),
      );
    }
    // Without copies there is nothing to go on with.
    const fresh = await configOf({ steps: 6 });
    const { facts } = await userError(() => trainCollective({ config: fresh, folder: parts, resume: true }));
    expect(facts.code).toBe("checkpoint.misfit");
  });

  test("leaves a frozen module as its weights were", async () => {
    const first = join(folder, "first");
    await trainCollective({ config: await configOf({ constraints: [] }), folder: first });
    const weights = join(first, "modules/depth");
    const modules = {
      depth: module("depth", { frozen: true, model: { name: "segnet", width: 2, weights } }),
      normals: module("normals", { data: "none" }),
    };
    const second = join(folder, "second");
    await trainCollective({ config: await configOf({ modules }), folder: second });
    expect(stepsOf(second, "depth")).toEqual([]);
    expect(stepsOf(second, "normals")).toHaveLength(4);
    const before = await weightsOf(first, "depth");
    const kept = [...(await weightsOf(second, "depth"))].filter(([name]) => !name.startsWith("optimizer."));
    for (const [name, data] of kept) expect(data, name).toEqual(before.get(name));
    expect(existsSync(findRun(join(second, "modules/depth")).model)).toBe(true);
    // Gone on with, the frozen module does not hold the others back.
    const longer = await configOf({ modules, steps: 6 });
    expect(await trainCollective({ config: longer, folder: second, resume: true })).toMatchObject({
      step: 6,
    });
    expect(stepsOf(second, "normals").map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(readdirSync(join(second, "modules"))).toEqual(["depth", "normals"]);
  });
});

describe("what a user gets wrong", () => {
  const refused = async (changes: object) =>
    (
      await userError(async () => {
        await trainCollective({ config: await configOf(changes), folder: join(folder, "run") });
      })
    ).facts;
  const { depth, normals } = BASE.modules;

  test.each([
    ["an unknown constraint", { constraints: [{ name: "depth-normal" }] }, /constraint|name/],
    ["a tie of tasks that nobody predicts", { modules: { depth } }, "constraint.no-task"],
    [
      "a module that nothing teaches",
      { modules: { depth, normals, segmentation: module("segmentation", { data: "none" }) } },
      "collective.nothing-to-learn",
    ],
    ["a task of two modules", { modules: { depth, other: module("depth") } }, "collective.task-twice"],
    [
      "a frozen module without weights",
      { modules: { depth: { ...depth, frozen: true }, normals } },
      "collective.frozen-without-weights",
    ],
    ["too few frames", { constraints: [{ name: "photometric" }] }, "collective.too-few-frames"],
    [
      "a mediator's split that is not there",
      { mediator: { ...BASE.mediator, split: "trian" } },
      "data.unknown-split",
    ],
    ["a module without tasks", { modules: { depth: { ...depth, tasks: undefined } } }, "collective.no-tasks"],
    [
      "a misspelt key of a module",
      { modules: { depth: { ...depth, batchsize: 2 }, normals } },
      /unknown key/,
    ],
  ])("%s is one message, and nothing is written", async (_what, changes, wanted) => {
    const { code, what } = await refused(changes);
    if (typeof wanted === "string") expect(code).toBe(wanted);
    else expect(`${code} ${what}`).toMatch(wanted);
    expect(existsSync(join(folder, "run"))).toBe(false);
  });

  test("a folder that holds a collective, or none to go on with", async () => {
    const run = join(folder, "run");
    const config = await configOf({ steps: 1 });
    expect((await userError(() => trainCollective({ config, folder: run, resume: true }))).facts.code).toBe(
      "collective.missing",
    );
    await trainCollective({ config, folder: run });
    expect((await userError(() => trainCollective({ config, folder: run }))).facts.code).toBe(
      "collective.exists",
    );
    expect(readFileSync(join(run, "collective.resolved.yaml"), "utf8")).toContain("depth-normals");
  });
});

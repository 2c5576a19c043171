import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import {
  collectiveStatus,
  parseCollective,
  serveModule,
  trainCollective,
  trainModule,
} from "../../src/collective/index.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, type StepRecord } from "../../src/training/index.js";
import { type BusAddress, parseBusAddress } from "../../src/transport/index.js";
import { descriptionOf } from "../../src/transport/lease.js";
import { localBus } from "../../src/transport/local-bus.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";

let shared: string;
let broker: TestBroker | undefined;
beforeAll(async () => {
  shared = mkdtempSync(join(tmpdir(), "tl-"));
  process.env.TASKLOOM_CACHE = join(shared, "cache");
  if (hasBroker) broker = await startBroker();
});
afterAll(async () => {
  await broker?.stop();
  rmSync(shared, { recursive: true, force: true });
  delete process.env.TASKLOOM_CACHE;
});

const world = { world: "rooms", train: 4, val: 1, test: 1, size: [32, 32] };
const module = (task: string) => ({
  ...{ tasks: [task], model: { name: "segnet", width: 2 }, batchSize: 2, data: world },
});
const BASE = {
  mediator: { data: { ...world, seed: 7 }, batchSize: 2 },
  modules: { depth: module("depth"), normals: module("normals") },
  constraints: [{ name: "depth-normals", weight: 0.5 }],
  steps: 3,
  evaluation: { split: null },
  checkpoint: { every: 3, best: null },
  samples: { count: 0 },
  runtime: { threads: 1, workers: 0 },
  // Generous: machines that test are busy.
  bus: { acceptMs: 5000, idleMs: 20_000, startWaitS: 120 },
};

const configOf = (changes: object = {}) =>
  parseCollective(stringify({ ...BASE, ...changes }), join(shared, "collective.yaml"));

const stepsOf = (run: string, name: string) =>
  readMetrics(join(run, "modules", name, "metrics.jsonl")).filter((r): r is StepRecord => r.kind === "step");

async function weightsOf(run: string, name: string): Promise<Map<string, unknown>> {
  const { arrays } = await loadCheckpoint(join(run, "modules", name, "checkpoints/last.safetensors"));
  return new Map([...arrays].map(([key, { data }]) => [key, data]));
}

/** Trains all modules over a bus, each with a server, to the end or the signal. */
async function trainApart(address: BusAddress, run: string, changes: object = {}, signal?: AbortSignal) {
  const config = configOf(changes);
  const names = config.modules.map(({ name }) => name);
  const over = new AbortController();
  const servers = names.map((name) => serveModule({ config, module: name, address, signal: over.signal }));
  const trainers = names.map((name) => trainModule({ config, module: name, folder: run, address, signal }));
  try {
    return await Promise.all(trainers);
  } finally {
    over.abort();
    await Promise.all(servers);
  }
}

const local = (name: string) => parseBusAddress(`local:${join(shared, name)}`);

describe("a collective in lock-step over a bus", () => {
  let whole: string;
  beforeAll(async () => {
    whole = join(shared, "whole");
    await trainCollective({ config: configOf(), folder: whole });
  });

  test.each(["local", "nats"])("%s equals one in one process to the bit", async (kind) => {
    if (kind === "nats" && !hasBroker) return;
    const run = join(shared, kind);
    const address = kind === "nats" ? parseBusAddress(broker!.url) : local("l1");
    await trainApart(address, run, { name: `eq-${kind}` });
    for (const name of ["depth", "normals"]) {
      expect(await weightsOf(run, name)).toEqual(await weightsOf(whole, name));
      const plain = (from: string) => stepsOf(from, name).map(({ step, losses }) => ({ step, losses }));
      expect(plain(run)).toEqual(plain(whole));
      for (const { consistency } of stepsOf(run, name)) {
        const peer = name === "depth" ? "normals" : "depth";
        expect(consistency).toMatchObject({ used: ["depth-normals"], skipped: [] });
        expect(consistency!.stale[peer]).toMatchObject({ steps: 0 });
        expect(consistency!.bytes).toBeGreaterThan(2 * 32 * 32 * 4);
      }
    }
  });
});

test("told to stop at different times, a collective in lock-step stops after one step, and goes on to the bit", async () => {
  const [address, run] = [local("l4"), join(shared, "stopped")];
  const changes = { steps: 12, checkpoint: { every: 100, best: null } };
  const config = configOf(changes);
  const over = new AbortController();
  const names = ["depth", "normals"];
  const servers = names.map((name) => serveModule({ config, module: name, address, signal: over.signal }));
  const train = (name: string, resume: boolean, stopAt?: number) => {
    const stop = new AbortController();
    const onStep = (step: number) => step === stopAt && stop.abort();
    return trainModule({
      ...{ config, module: name, folder: run, address, resume, signal: stop.signal },
      onStep: (step) => void onStep(step),
    });
  };
  // Only one of them is told; its peer hears of it.
  const stopped = await Promise.all([train("depth", false, 4), train("normals", false)]);
  expect(stopped.map(({ outcome, step }) => [outcome, step])).toEqual([
    ["interrupted", 5],
    ["interrupted", 5],
  ]);
  const ended = await Promise.all(names.map((name) => train(name, true)));
  expect(ended.map(({ outcome, step }) => [outcome, step])).toEqual([
    ["done", 12],
    ["done", 12],
  ]);
  over.abort();
  await Promise.all(servers);
  const whole = join(shared, "never-stopped");
  await trainCollective({ config, folder: whole });
  for (const name of names) expect(await weightsOf(run, name)).toEqual(await weightsOf(whole, name));
});

test("a status tells who is at work, and a signal ends it with everything saved", async () => {
  const [address, run] = [local("l3"), join(shared, "status")];
  const stop = new AbortController();
  const changes = { staleness: { steps: 2 }, steps: 1_000_000, checkpoint: { every: 1000, best: null } };
  const training = trainApart(address, run, changes, stop.signal);
  const wanted = ["server depth", "server normals", "trainer depth", "trainer normals"];
  let members: Awaited<ReturnType<typeof collectiveStatus>> = [];
  const whole = () =>
    JSON.stringify(members.map(({ role, module: of }) => `${role} ${of}`).sort()) ===
      JSON.stringify(wanted) && members.every(({ step, snapshot }) => step > 0 && snapshot !== null);
  for (let tries = 0; tries < 100 && !whole(); tries++) members = await collectiveStatus(address);
  stop.abort();
  for (const { outcome, step, folder } of await training) {
    expect(outcome).toBe("interrupted");
    const { state } = await loadCheckpoint(join(folder, "checkpoints/last.safetensors"));
    expect(state.step).toBe(step);
  }
  expect(members.map(({ role, module: of }) => `${role} ${of}`).sort()).toEqual(wanted);
});

describe("a collective whose peers are not there", () => {
  test("leaves their terms out, says so in every step, and learns on", async () => {
    const run = join(shared, "skipping");
    const config = configOf({ staleness: { steps: 2 }, bus: { ...BASE.bus, waitMs: 150 } });
    // Waits for whom it never meets only as long as this.
    const hasty = { ...config, bus: { ...config.bus, startWaitS: 0.5 } };
    // Both trainers, but no server of depth: normals goes without, depth does not.
    const address = local("l2");
    const over = new AbortController();
    const server = serveModule({ config, module: "normals", address, signal: over.signal });
    const patient = trainModule({ config, module: "depth", folder: run, address });
    const bus = await localBus(join(shared, "l2"));
    while ((await descriptionOf(bus, "depth")) === null) await sleep(20);
    await bus.close();
    await Promise.all([patient, trainModule({ config: hasty, module: "normals", folder: run, address })]);
    over.abort();
    await server;
    for (const { losses, consistency } of stepsOf(run, "normals")) {
      expect(consistency).toMatchObject({
        used: [],
        skipped: [{ peer: "depth", reason: "no-server" }],
        stale: {},
      });
      expect(Object.keys(losses)).toEqual(["normals", "total"]);
    }
    const learnt = stepsOf(run, "depth");
    expect(learnt.map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(learnt[0].consistency).toMatchObject({ used: ["depth-normals"], skipped: [] });
    // Trained alone, normals would have come to the same: nothing was faked.
    const alone = join(shared, "alone");
    const { normals } = parse(stringify(BASE.modules)) as typeof BASE.modules;
    const solo = configOf({ modules: { normals }, constraints: [] });
    await trainCollective({ config: solo, folder: alone });
    expect(stepsOf(alone, "normals")[0].losses.normals).toBe(stepsOf(run, "normals")[0].losses.normals);
  });
});

/**
 * @file A collective over a broker while its processes, links and the broker are stopped, cut, killed and
 * started again: one collective goes through all of it, fault by fault.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { collectiveStatus } from "../../src/collective/index.js";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import { readMetrics, type StepRecord } from "../../src/training/index.js";
import { parseBusAddress } from "../../src/transport/index.js";
import { hasBroker, startBroker, type TestBroker } from "../helpers/broker.js";
import { type Link, openLink } from "../helpers/link.js";
import { Processes, type Started } from "./processes.js";

const NAMES = ["depth", "normals"] as const;
type Name = (typeof NAMES)[number];
const EVERY = 10;

const world = { world: "rooms", train: 4, val: 1, test: 1, size: [32, 32] };
const module = (task: string) => ({
  ...{ tasks: [task], model: { name: "plain-net", width: 2 }, batchSize: 2, data: world },
});
const CONFIG = {
  plugins: [resolve("examples/plugins/plain-net.mjs")],
  mediator: { data: { ...world, seed: 7 }, batchSize: 2 },
  modules: { depth: module("depth"), normals: module("normals") },
  constraints: [{ name: "depth-normals", weight: 0.5 }],
  staleness: { steps: 3 },
  // As long as it takes; whoever is to end is told.
  steps: 1_000_000,
  evaluation: { split: null },
  checkpoint: { every: EVERY, best: null },
  samples: { count: 0 },
  runtime: { threads: 1, workers: 0 },
  // Patient with slow machines, but not with a peer that is not there.
  bus: { acceptMs: 3000, idleMs: 10_000, waitMs: 500, onSkipped: "continue" },
};

describe.runIf(hasBroker)("a collective at work", () => {
  let folder: string;
  let run: string;
  let broker: TestBroker;
  let processes: Processes;
  const servers = {} as Record<Name, Started>;
  const trainers = {} as Record<Name, Started>;

  const startServer = (name: Name, url = broker.url) =>
    processes.start("forward-server", "c.yaml", "--module", name, "--bus", url);
  const serve = (name: Name) => {
    servers[name] = startServer(name);
  };
  const train = (name: Name, ...more: string[]) => {
    const args = ["--module", name, "--run", "run", "--bus", broker.url, ...more];
    trainers[name] = processes.start("trainer", "c.yaml", ...args);
  };
  const folderOf = (name: Name) => join(run, "modules", name);
  const stepsOf = (name: Name): StepRecord[] => {
    try {
      const records = readMetrics(join(folderOf(name), "metrics.jsonl"));
      return records.filter((each): each is StepRecord => each.kind === "step");
    } catch {
      // Not there yet.
      return [];
    }
  };
  const lastOf = (name: Name) => stepsOf(name).at(-1);
  const savedStep = async (name: Name) =>
    (await loadCheckpoint(join(folderOf(name), "checkpoints/last.safetensors"))).state.step;
  /** The snapshot that a module's server answers with: life and number. */
  const served = async (name: Name): Promise<[number, number]> => {
    const members = await collectiveStatus(parseBusAddress(broker.url));
    const server = members.find(({ role, module: of }) => role === "server" && of === name);
    const [life = 0, number = 0] = server?.snapshot?.split("-").map(Number) ?? [];
    return [life, number];
  };
  /** Waits for a step after this moment in which a module uses its peer, or goes without. */
  const untilStep = async (name: Name, uses: boolean) => {
    const from = lastOf(name)?.step ?? 0;
    await processes.until(`${name} ${uses ? "uses" : "goes without"} its peer after step ${from}`, () =>
      stepsOf(name).some(({ step, consistency }) => step > from && (consistency?.used.length === 1) === uses),
    );
  };
  /** Waits for so many steps one after another, all after this moment, in which a module uses its peer. */
  const untilSteady = async (name: Name, steps: number) => {
    const from = lastOf(name)?.step ?? 0;
    await processes.until(`${name} uses its peer in ${steps} steps after step ${from}`, () => {
      const uses = stepsOf(name).slice(from + 1);
      const lacking = uses.findLastIndex(({ consistency }) => consistency?.used.length !== 1);
      return uses.length - 1 - lacking >= steps;
    });
  };
  /** Waits until so many servers of a module are heard. */
  const untilServers = (name: Name, count: number) =>
    processes.until(`${count} servers of ${name}`, async () => {
      const members = await collectiveStatus(parseBusAddress(broker.url));
      const answering = members.filter(({ role, module: of }) => role === "server" && of === name);
      return answering.length === count && answering.every(({ snapshot }) => snapshot !== null);
    });
  const alive = (...some: Started[]) => {
    for (const { child, args } of some) expect([child.exitCode, args]).toEqual([null, args]);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "taskloom-"));
    run = join(folder, "run");
    writeFileSync(join(folder, "c.yaml"), stringify(CONFIG));
    broker = await startBroker();
    processes = new Processes(folder, { TASKLOOM_CACHE: join(folder, "cache") });
    for (const name of NAMES) {
      serve(name);
      train(name);
    }
    for (const name of NAMES) await untilStep(name, true);
  });
  afterAll(async () => {
    await processes.close();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("goes without a server that was killed, and takes up with the next one", async () => {
    await servers.depth.end("SIGKILL");
    await untilStep("normals", false);
    const { losses, consistency } = stepsOf("normals").findLast(
      (each) => each.consistency?.used.length === 0,
    )!;
    expect(consistency).toMatchObject({ used: [], skipped: [{ peer: "depth" }], stale: {} });
    expect(Object.keys(losses)).toEqual(["normals", "total"]);
    serve("depth");
    await untilStep("normals", true);
    alive(trainers.depth, trainers.normals, servers.normals);
  });

  test("a trainer that was killed goes on from its last checkpoint, and servers follow its new life", async () => {
    await processes.until("a checkpoint", async () => (lastOf("depth")?.step ?? 0) > EVERY + 1);
    const before = await savedStep("depth");
    await trainers.depth.end("SIGKILL");
    const saved = await savedStep("depth");
    expect(saved).toBeGreaterThanOrEqual(before);
    // Its peer learns on: the server of the dead one still answers.
    await untilStep("normals", true);
    train("depth", "--resume");
    await processes.until("the server has a snapshot of the second life", async () => {
      return (await served("depth"))[0] === 2;
    });
    await processes.until("the second life has got further", () => lastOf("depth")!.step > saved);
    await untilStep("normals", true);
    alive(trainers.normals, servers.depth, servers.normals);
  });

  test("everybody outlives the broker, and meets again on the next one", async () => {
    const before = await served("depth");
    await broker.kill();
    for (const name of NAMES) await untilStep(name, false);
    await broker.start();
    for (const name of NAMES) await untilStep(name, true);
    await processes.until("a snapshot of afterwards", async () => {
      const [life, number] = await served("depth");
      return life === before[0] && number > before[1];
    });
    alive(...Object.values(trainers), ...Object.values(servers));
  });

  test("a server that stands still, or whose link is cut, is left alone while another one answers", async () => {
    const link: Link = await openLink(broker.url);
    const second = startServer("depth", link.url);
    await untilServers("depth", 2);
    servers.depth.child.kill("SIGSTOP");
    await untilSteady("normals", 10);
    servers.depth.child.kill("SIGCONT");
    await untilServers("depth", 2);
    link.cut();
    await untilServers("depth", 1);
    await untilSteady("normals", 10);
    link.heal();
    await untilServers("depth", 2);
    alive(second, ...Object.values(trainers), ...Object.values(servers));
    expect((await second.end("SIGTERM")).code).toBe(0);
    await link.close();
  });

  test("a broker that comes back empty is given again what it held", async () => {
    await broker.wipe();
    await untilStep("normals", false);
    await broker.start();
    await untilStep("normals", true);
    // Whoever comes now finds weights, and what all modules predict.
    await servers.depth.end("SIGTERM");
    await untilStep("normals", false);
    serve("depth");
    await untilStep("normals", true);
    alive(...Object.values(trainers), ...Object.values(servers));
  });

  test("nothing was lost on the way, and every skip is accounted for", async () => {
    const ended = await Promise.all(NAMES.map((name) => trainers[name].end("SIGTERM")));
    for (const { code, stderr } of ended) expect(code, stderr).toBe(143);
    for (const name of NAMES) expect((await servers[name].end("SIGTERM")).code).toBe(0);
    for (const name of NAMES) {
      const records = stepsOf(name);
      expect(records.map(({ step }) => step)).toEqual(records.map((_, i) => i + 1));
      for (const { losses, consistency } of records) {
        expect(Object.values(losses).every(Number.isFinite)).toBe(true);
        const { used, skipped, stale } = consistency!;
        expect(used.length + skipped.length).toBe(1);
        expect(Object.keys(stale)).toHaveLength(used.length);
        expect("depth-normals" in losses).toBe(used.length === 1);
      }
      const { state, arrays } = await loadCheckpoint(join(folderOf(name), "checkpoints/last.safetensors"));
      expect(state.step).toBe(records.length);
      for (const { data } of arrays.values())
        expect(data.every((x) => Number.isFinite(Number(x)))).toBe(true);
    }
    // The trainer that was never killed counted all along.
    const skipped = stepsOf("normals").reduce((sum, each) => sum + each.consistency!.skipped.length, 0);
    expect(skipped).toBeGreaterThan(1);
    expect(ended[1].stderr).toContain(`${skipped} predictions of peers were missing`);
  });
});

/** @file How long it takes from the death of a process, started again at once, to the next useful step. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { loadCheckpoint } from "../../src/runs/checkpoint.js";
import type { TestBroker } from "../../tests/helpers/broker.js";
import { median } from "../lib/statistics.js";
import { endlessCollective } from "./collectives.js";
import { Household, until } from "./household.js";
import { latestStep, latestSteps, metricsFile } from "./records.js";

export interface RecoveryOptions {
  readonly folder: string;
  readonly broker: TestBroker;
  readonly quick: boolean;
  readonly log: (text: string) => void;
}

export interface Recovery {
  readonly fault: string;
  /** From the kill to the first of the steps that all have their peer again, milliseconds. */
  readonly usefulMs: { readonly median: number; readonly all: readonly number[] };
  /** The longest time between two steps of the trainer that is watched, until then. */
  readonly pauseMs: { readonly median: number; readonly all: readonly number[] };
  /** Its steps without their peer. */
  readonly skipped: readonly number[];
}

export interface RecoveryResult {
  readonly steps: string;
  readonly recoveries: readonly Recovery[];
}

export interface Watched {
  readonly usefulMs: number;
  readonly pauseMs: number;
  readonly skipped: number;
}

/** Steps with their peer, one after another, that count as well again: more than were asked for ahead. */
const STEADY = 20;
const POLL_MS = 5;

/** Watches a module's steps from now on, `since` a moment, until it is well again. */
export async function watch(run: string, module: string, since: number): Promise<Watched> {
  let [last, lastAt] = [latestStep(run, module), performance.now()];
  let [useful, streak, pause, skipped] = [Number.NaN, 0, 0, 0];
  while (streak < STEADY) {
    if (performance.now() - since > 300_000) throw new Error(`${module} is not well again`);
    await sleep(POLL_MS);
    for (const { step, consistency } of latestSteps(run, module)) {
      if (step <= last) continue;
      const now = performance.now();
      pause = Math.max(pause, now - lastAt);
      [last, lastAt] = [step, now];
      if (consistency?.used.length === 1) {
        if (streak++ === 0) useful = now - since;
      } else [streak, skipped] = [0, skipped + 1];
    }
  }
  return { usefulMs: Math.round(useful), pauseMs: Math.round(pause), skipped };
}

/** Watches a trainer that was killed: from its checkpoint on, once its log has been cut off there. */
async function watchNextLife(run: string, module: string, since: number): Promise<Watched> {
  const size = () => statSync(metricsFile(run, module)).size;
  const before = size();
  await until("its log is another", () => size() !== before);
  const { usefulMs } = await watch(run, module, since);
  return { usefulMs, pauseMs: usefulMs, skipped: 0 };
}

/** Kills each kind of process several times; everything else is at work. */
export async function measureRecovery(options: RecoveryOptions): Promise<RecoveryResult> {
  const { folder, broker, quick, log } = options;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "recovery.json");
  writeFileSync(file, JSON.stringify(endlessCollective(20)));
  const house = new Household(folder, file, broker.url);
  const { run } = house;
  const faults: Record<string, () => Promise<Watched>> = {
    "a trainer: its own next step with its peer": async () => {
      const [member] = house.of("trainer", "depth");
      const since = performance.now();
      await house.end(member, "SIGKILL");
      house.again(member);
      return await watchNextLife(run, "depth", since);
    },
    "the only forward server of a peer": async () => {
      const [member] = house.of("server", "depth");
      const since = performance.now();
      await house.end(member, "SIGKILL");
      house.again(member);
      return await watch(run, "normals", since);
    },
    "one of two forward servers of a peer": async () => {
      const second = house.start("server", "depth");
      await sleep(5000);
      const since = performance.now();
      await house.end(second, "SIGKILL");
      return await watch(run, "normals", since);
    },
    "the broker": async () => {
      const since = performance.now();
      await broker.kill();
      await broker.start();
      return await watch(run, "normals", since);
    },
  };
  const recoveries: Recovery[] = [];
  try {
    for (const name of ["depth", "normals"]) {
      house.start("server", name);
      house.start("trainer", name);
    }
    for (const name of ["depth", "normals"]) await watch(run, name, performance.now());
    const checkpoint = join(run, "modules/depth/checkpoints/last.safetensors");
    await until("a checkpoint", () => loadCheckpoint(checkpoint).then(Boolean, () => false));
    for (const [fault, cause] of Object.entries(faults)) {
      const all: Watched[] = [];
      for (let i = 0; i < (quick ? 1 : 5); i++) {
        all.push(await cause());
        log(`${fault}: ${JSON.stringify(all.at(-1))}`);
        // Quarantines double with each fault soon after another.
        if (!quick) await sleep(4000);
      }
      const times = (of: (each: Watched) => number) => ({ median: median(all.map(of)), all: all.map(of) });
      recoveries.push({
        ...{ fault, usefulMs: times(({ usefulMs }) => usefulMs), pauseMs: times(({ pauseMs }) => pauseMs) },
        skipped: all.map(({ skipped }) => skipped),
      });
    }
    return { steps: "two tiny networks, 32x32, a thread each", recoveries };
  } finally {
    await house.kill();
  }
}

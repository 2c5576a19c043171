/**
 * @file What peers elsewhere cost a step: wall time and bytes with 0, 1 and 2 of them, in one process, in
 * processes of this machine, and over a broker; the ways in turn, round after round.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { taskloom } from "../lib/command-line.js";
import { median } from "../lib/statistics.js";
import { FULL, measuredCollective, PEERS, preparation, QUICK, type Scale } from "./collectives.js";
import { until } from "./household.js";
import { latestStep, latestSteps } from "./records.js";

const WAYS = ["memory", "processes", "bus"] as const;
type Way = (typeof WAYS)[number];

export interface CostOptions {
  readonly folder: string;
  readonly bus: string;
  readonly quick: boolean;
  readonly log: (text: string) => void;
}

interface Plan {
  readonly scale: Scale;
  readonly steps: number;
  /** Steps before the clock starts. */
  readonly warm: number;
  readonly rounds: number;
}

const PLANS: Record<"full" | "quick", Plan> = {
  full: { scale: FULL, steps: 50, warm: 10, rounds: 2 },
  quick: { scale: QUICK, steps: 30, warm: 10, rounds: 1 },
};

interface Measured {
  readonly stepMs: number;
  /** Sent and received for one step. */
  readonly bytesPerStep: number;
  readonly skipped: number;
}

/** Trains one collective; the time of a step is that between two steps in its log. */
async function measure(folder: string, way: Way, plan: Plan, bus: string): Promise<Measured> {
  const run = join(folder, "run");
  rmSync(run, { recursive: true, force: true });
  const how = way === "memory" ? [] : way === "processes" ? ["--processes"] : ["--bus", bus];
  const args = ["collective", "train", join(folder, `${way}.json`), "--run", run, ...how];
  let over = false;
  const training = taskloom(args, true).finally(() => {
    over = true;
  });
  // Seen before it is awaited: a failure must end the waiting below.
  training.catch(() => undefined);
  const at = async (step: number) => {
    await until(`step ${step}`, () => over || latestStep(run, "depth") >= step, 1_800_000);
    return { step: latestStep(run, "depth"), now: performance.now() };
  };
  const first = await at(plan.warm);
  const last = await at(plan.steps - 1);
  await training;
  const records = latestSteps(run, "depth");
  const exchanged = records.map(({ consistency }) => consistency?.bytes ?? 0);
  return {
    stepMs: (last.now - first.now) / (last.step - first.step),
    bytesPerStep: exchanged.reduce((a, b) => a + b, 0) / exchanged.length,
    skipped: records.reduce((sum, { consistency }) => sum + (consistency?.skipped.length ?? 0), 0),
  };
}

function parametersOf(run: string): number {
  const file = join(run, "resources.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { parameters: { network: number } }).parameters.network;
}

export interface CostRow {
  readonly peers: number;
  /** Median over the rounds, by way. */
  readonly stepMs: Readonly<Record<Way, number>>;
  /** Of a step's time to that in one process, round by round, the median. */
  readonly ratioToMemory: { readonly processes: number; readonly bus: number };
  /** Predictions that were missing, by way and round. */
  readonly skipped: Readonly<Record<Way, readonly number[]>>;
  readonly bytesPerStep: {
    /** Asked for and received over the broker. */
    readonly predictions: number;
    /** The peers' weights once, in float32; their gradients come to the same. */
    readonly peersWeights: number;
  };
}

export interface CostResult {
  readonly plan: Plan;
  readonly rows: readonly CostRow[];
}

/** Step time and bytes by number of peers and way. */
export async function measureCost({ folder, bus, quick, log }: CostOptions): Promise<CostResult> {
  const plan = PLANS[quick ? "quick" : "full"];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const prepared = join(folder, "prepared");
  writeFileSync(join(folder, "prepared.json"), JSON.stringify(preparation(plan.scale, quick ? 2 : 20)));
  await taskloom(["collective", "train", join(folder, "prepared.json"), "--run", prepared], true);
  const times = new Map<string, Measured[]>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const peers of [0, 1, 2]) {
      for (const way of WAYS) {
        const own = join(folder, `peers-${peers}`);
        mkdirSync(own, { recursive: true });
        const config = measuredCollective(plan.scale, plan.steps, peers, prepared);
        // Of its own on the bus: what a round before left there is none of its business.
        const named = { ...config, name: `cost-${peers}-${round}` };
        writeFileSync(join(own, `${way}.json`), JSON.stringify(named));
        const measured = await measure(own, way, plan, bus);
        log(`round ${round + 1}, ${peers} peers, ${way}: ${JSON.stringify(measured)}`);
        const key = `${peers} ${way}`;
        times.set(key, [...(times.get(key) ?? []), measured]);
      }
    }
  }
  const rows = [0, 1, 2].map((peers) => {
    const of = (way: Way) => times.get(`${peers} ${way}`)!;
    const ratio = (way: Way) => median(of(way).map(({ stepMs }, i) => stepMs / of("memory")[i].stepMs));
    const tied = PEERS.slice(0, peers).map((task) => parametersOf(join(prepared, "modules", task)));
    const weights = tied.reduce((sum, count) => sum + count * 4, 0);
    const byWay = <T>(value: (way: Way) => T) =>
      Object.fromEntries(WAYS.map((way) => [way, value(way)])) as Record<Way, T>;
    return {
      peers,
      stepMs: byWay((way) => median(of(way).map(({ stepMs }) => stepMs))),
      ratioToMemory: { processes: ratio("processes"), bus: ratio("bus") },
      skipped: byWay((way) => of(way).map(({ skipped }) => skipped)),
      bytesPerStep: {
        predictions: median(of("bus").map(({ bytesPerStep }) => bytesPerStep)),
        peersWeights: weights,
      },
    };
  });
  return { plan, rows };
}

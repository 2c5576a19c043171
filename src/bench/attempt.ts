/** @file One run of a suite: claimed, trained, measured, and its outcome written down. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { fileError, makeFolder, replaceFile } from "../disk/files.js";
import { readMetrics } from "../runs/metrics-log.js";
import { runPaths } from "../runs/run-folder.js";
import { taskKind } from "../tasks/index.js";
import { formatConfig } from "../training/config/index.js";
import { readResources } from "../training/resources.js";
import { picturesOf, renderedWorld } from "../training/world-cache.js";
import { runTaskloom } from "./child.js";
import { isLocked, tryLock } from "./claim.js";
import { foldersOf, type PlannedRun } from "./expand.js";
import { type Measurement, type RunRecord, readRecord, type TrainingRecord, writeRecord } from "./record.js";
import type { Suite } from "./suite.js";

/** What all runs of one `bench` share. */
export interface BenchContext {
  readonly suite: Suite;
  readonly out: string;
  readonly command: readonly string[];
  /** For runs whose configuration does not say; 0: one per physical core. */
  readonly threads: number;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
  /** When this `bench` began: what failed later is not tried again. Milliseconds since 1970. */
  readonly begun: number;
  /** Built-in worlds being rendered, by their configuration. */
  readonly worlds: Map<string, Promise<unknown>>;
}

/** How often it is told how far a training is. */
const TELL_MS = 30_000;

/** `busy`: another process has it. `interrupted`: by the signal, to go on later. */
export type Outcome = "done" | "failed" | "busy" | "interrupted";

/** Whether a record is the finished run of that configuration, measured as the suite wants it. */
export function isDone(record: RunRecord | undefined, run: PlannedRun, suite: Suite): boolean {
  const { hash, status, measurement } = record ?? {};
  const { split, checkpoint, elsewhere } = suite;
  return (
    hash === run.hash &&
    status === "done" &&
    measurement?.split === split &&
    measurement.checkpoint === checkpoint &&
    Object.entries(elsewhere).every(([name, data]) =>
      isDeepStrictEqual(measurement.elsewhere?.[name]?.on, data),
    )
  );
}

/**
 * Brings a run to its end, from wherever it stands. Rejects on what concerns more than this run: a folder
 * that cannot be written, a damaged record.
 */
export async function attempt(
  run: PlannedRun,
  failedNeed: string | undefined,
  context: BenchContext,
): Promise<Outcome> {
  const { own } = foldersOf(context.out, run.name);
  await makeFolder(own);
  const claim = tryLock(own);
  if (claim === undefined) return "busy";
  try {
    // Only now: another `bench` may have finished it a moment ago.
    const before = await readRecord(own);
    if (isDone(before, run, context.suite)) return "done";
    const same = before?.hash === run.hash ? before : undefined;
    if (same?.status === "failed" && same.failedAt! >= context.begun) return "failed";
    // A `bench` that was killed may have left a training behind that still saves.
    if (isLocked(foldersOf(context.out, run.name).run)) return "busy";
    if (failedNeed !== undefined) throw new RunFailure(`needs the run ${failedNeed}, which failed`);
    return await carryOut(run, same, context);
  } catch (error) {
    const failure = error instanceof RunFailure || error instanceof UserError;
    if (!failure || (error instanceof UserError && error.facts.code === "bench.damaged-record")) throw error;
    if (context.signal.aborted) return "interrupted";
    const { message } = error;
    const reached = await readRecord(own);
    const training = reached?.hash === run.hash ? reached.training : undefined;
    await writeRecord(own, {
      hash: run.hash,
      status: "failed",
      training,
      error: message,
      failedAt: Date.now(),
    });
    context.log(`${run.name}: failed: ${message}`);
    return "failed";
  } finally {
    claim.release();
  }
}

/** A run that cannot be finished; the others can. */
class RunFailure extends Error {}

async function carryOut(
  run: PlannedRun,
  same: RunRecord | undefined,
  context: BenchContext,
): Promise<Outcome> {
  const { own, run: folder } = foldersOf(context.out, run.name);
  const { hash } = run;
  if (same === undefined) await startAnew(folder);
  let training = same?.training;
  if (training === undefined) {
    await writeRecord(own, { hash, status: "started" });
    training = await trainRun(run, context);
    if (context.signal.aborted) return "interrupted";
    await writeRecord(own, { hash, status: "started", training });
  }
  const measurement = await measureRun(run, context);
  await writeRecord(own, { hash, status: "done", training, measurement });
  const numbers = measurement.tasks.map(({ name, metric }) => {
    const value = measurement.metrics[name]?.[metric];
    return `${name} ${metric} ${typeof value === "number" ? value.toPrecision(4) : "–"}`;
  });
  context.log(`${run.name}: done: ${numbers.join(", ")}`);
  return "done";
}

async function startAnew(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch (error) {
    throw fileError(error, folder, "write");
  }
}

async function trainRun(run: PlannedRun, context: BenchContext): Promise<TrainingRecord> {
  const { own, run: folder } = foldersOf(context.out, run.name);
  const { data, runtime } = run.config;
  if ("world" in data) {
    // Once, not by every process that is about to need it.
    const key = JSON.stringify(picturesOf(data));
    const rendering = context.worlds.get(key) ?? renderedWorld(data, context.log);
    context.worlds.set(key, rendering);
    await rendering;
  }
  const threads = runtime.threads > 0 ? runtime.threads : context.threads;
  const file = join(own, "config.yaml");
  await replaceFile(file, formatConfig({ ...run.config, runtime: { ...runtime, threads } }));
  const resume = existsSync(folder);
  context.log(`${run.name}: ${resume ? "training goes on" : "training"}`);
  await taskloom(run, ["train", file, "--run", folder, ...(resume ? ["--resume"] : [])], context);
  const { metrics, resources } = runPaths(folder);
  return { seconds: trainingSeconds(metrics), ...readResources(resources), threads };
}

/** Time spent in training steps, seconds. */
function trainingSeconds(metrics: string): number {
  return readMetrics(metrics).reduce(
    (sum, record) => sum + (record.kind === "step" ? (record.timing?.seconds ?? 0) : 0),
    0,
  );
}

const evaluationSchema = z.object({
  images: z.int(),
  metrics: z.record(z.string(), z.record(z.string(), z.number().nullable())),
  tasks: z.array(z.object({ name: z.string(), kind: z.string() })),
});

async function measureRun(run: PlannedRun, context: BenchContext): Promise<Measurement> {
  const { split, checkpoint } = context.suite;
  const { images, metrics, tasks } = await evaluated(run, split, [], context);
  const described = tasks.map(({ name, kind }) => {
    const { infos, primary } = taskKind(kind).metrics;
    const { unit, better } = infos.find((info) => info.name === primary)!;
    return { name, kind, metric: primary, unit, better };
  });
  const elsewhere: NonNullable<Measurement["elsewhere"]> = {};
  for (const [name, on] of Object.entries(context.suite.elsewhere)) {
    const { data, format, map } = on;
    const flags = Object.entries({ data, format, map }).flatMap(([flag, value]) =>
      value === undefined ? [] : [`--${flag}`, value],
    );
    const found = await evaluated(run, on.split ?? split, flags, context);
    elsewhere[name] = { on, images: found.images, metrics: found.metrics };
  }
  const others = Object.keys(elsewhere).length > 0;
  return { split, checkpoint, images, tasks: described, metrics, ...(others && { elsewhere }) };
}

/** What `taskloom evaluate` says of a run. */
async function evaluated(run: PlannedRun, split: string, flags: readonly string[], context: BenchContext) {
  const { run: folder } = foldersOf(context.out, run.name);
  const { checkpoint } = context.suite;
  const args = ["evaluate", folder, "--split", split, "--checkpoint", checkpoint, ...flags, "--json"];
  return evaluationSchema.parse(JSON.parse(await taskloom(run, args, context)));
}

async function taskloom(run: PlannedRun, args: readonly string[], context: BenchContext): Promise<string> {
  const log = join(foldersOf(context.out, run.name).own, "log.txt");
  if (context.signal.aborted) throw new RunFailure("interrupted");
  // Of what a training says, how far it is.
  let told = Date.now();
  const onLine = (line: string) => {
    if (!/^ *\d+% +step /.test(line) || Date.now() - told < TELL_MS) return;
    told = Date.now();
    context.log(`${run.name}: ${line.trim()}`);
  };
  const { ok, stdout, message } = await runTaskloom(args, { ...context, log, onLine });
  if (!ok) throw new RunFailure(message);
  return stdout;
}

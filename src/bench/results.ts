/** @file `results.json`, `results.md` and `results.html`: every run as it stands, and means over seeds. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../common/errors.js";
import { fileError, replaceFile } from "../disk/files.js";
import { deltaPercent } from "../report/delta.js";
import { markdownPage } from "../report/markdown-page.js";
import { inspectMachine, type MachineReport } from "../runtime/doctor.js";
import { packageVersion } from "../runtime/version.js";
import { tryLock } from "./claim.js";
import { foldersOf, type PlannedRun } from "./expand.js";
import { groupBy, groupKey } from "./groups.js";
import { resultsMarkdown } from "./markdown.js";
import {
  type MeasuredTask,
  type Measurement,
  type RunRecord,
  readRecord,
  type TrainingRecord,
} from "./record.js";
import { type Spread, spread } from "./statistics.js";
import type { Suite } from "./suite.js";

/** One run. What was not reached is missing. */
export interface ResultRow {
  readonly name: string;
  /** Empty where the suite names none. */
  readonly setting: string;
  readonly network: string;
  readonly method: string;
  readonly seed: number;
  /** SHA-256 of its configuration. */
  readonly hash: string;
  readonly status: "done" | "failed" | "pending";
  readonly tasks?: readonly MeasuredTask[];
  readonly metrics?: Measurement["metrics"];
  /** The same on other data, by its name in the suite. */
  readonly elsewhere?: Readonly<Record<string, Pick<Measurement, "images" | "metrics">>>;
  /** Images measured. */
  readonly images?: number;
  readonly training?: TrainingRecord;
  readonly error?: string;
}

/** A method in a setting on a network, over its finished seeds. */
export interface SummaryRow {
  readonly setting: string;
  readonly network: string;
  readonly method: string;
  readonly seeds: readonly number[];
  /** Each task's primary metric. */
  readonly metrics: Readonly<Record<string, Spread>>;
  /** The same on other data, by its name, for the tasks that it has; missing where the suite names none. */
  readonly elsewhere?: Readonly<Record<string, Readonly<Record<string, Spread>>>>;
  /**
   * Against the baseline, pairs of the same seed; null for the baseline itself and where there is no pair.
   */
  readonly deltaPercent: Spread | null;
  readonly trainingSeconds: Spread;
  readonly peakMemoryBytes: Spread;
  readonly parameters: TrainingRecord["parameters"];
}

export interface BenchResults {
  readonly suite: string;
  readonly taskloom: string;
  readonly machine: MachineReport;
  readonly baseline?: string;
  readonly split: string;
  readonly checkpoint: "last" | "best";
  readonly summary: readonly SummaryRow[];
  readonly runs: readonly ResultRow[];
}

/** A row of the results for a planned run and what is known of it. */
export function resultRow(
  { name, setting, network, method, seed, hash }: PlannedRun,
  record: RunRecord | undefined,
): ResultRow {
  const row = { name, setting, network, method, seed, hash };
  if (record?.hash !== hash || record.status === "started") return { ...row, status: "pending" };
  const { status, training, measurement, error } = record;
  return {
    ...row,
    status,
    ...(measurement && {
      tasks: measurement.tasks,
      metrics: measurement.metrics,
      images: measurement.images,
      ...(measurement.elsewhere && { elsewhere: withoutPaths(measurement.elsewhere) }),
    }),
    ...(training && { training }),
    ...(error !== undefined && { error }),
  };
}

/** Where the other data lies is this machine's own affair. */
function withoutPaths(elsewhere: NonNullable<Measurement["elsewhere"]>): ResultRow["elsewhere"] {
  const entries = Object.entries(elsewhere);
  return Object.fromEntries(entries.map(([name, { images, metrics }]) => [name, { images, metrics }]));
}

/** Means over the seeds that are done: settings, networks and methods in the order of the rows. */
export function summarise(rows: readonly ResultRow[], baseline: string | undefined): SummaryRow[] {
  const groups = groupBy(
    rows.filter(({ status }) => status === "done"),
    ({ setting, network, method }) => [setting, network, method],
  );
  return [...groups.values()].map((own) => {
    const [{ setting, network, method, tasks = [], training }] = own;
    const rivals =
      baseline === undefined || method === baseline
        ? []
        : (groups.get(groupKey([setting, network, baseline])) ?? []);
    const deltas = own.flatMap((row) => {
      const rival = rivals.find(({ seed }) => seed === row.seed);
      return rival === undefined ? [] : [deltaOf(row, rival)];
    });
    return {
      setting,
      network,
      method,
      seeds: own.map(({ seed }) => seed),
      metrics: Object.fromEntries(
        tasks.map((task) => [task.name, spread(own.map((row) => primaryValue(row, task)))]),
      ),
      ...elsewhereOf(own),
      deltaPercent: deltas.length === 0 ? null : spread(deltas),
      trainingSeconds: spread(own.map((row) => row.training!.seconds)),
      peakMemoryBytes: spread(own.map((row) => row.training!.peakMemoryBytes)),
      parameters: training!.parameters,
    };
  });
}

/** Means on other data of runs of one method. */
function elsewhereOf(own: readonly ResultRow[]): Pick<SummaryRow, "elsewhere"> {
  const [{ elsewhere, tasks = [] }] = own;
  if (elsewhere === undefined) return {};
  const means = Object.keys(elsewhere).map((name) => {
    const found = own.map((row) => ({ metrics: row.elsewhere?.[name]?.metrics }));
    const there = tasks.filter((task) => found.every(({ metrics }) => metrics?.[task.name] !== undefined));
    return [
      name,
      Object.fromEntries(
        there.map((task) => [task.name, spread(found.map((row) => primaryValue(row, task)))]),
      ),
    ];
  });
  return { elsewhere: Object.fromEntries(means) };
}

/** Delta% of a run over its tasks' primary metrics (XTasC-Net, eq. 17). */
function deltaOf(row: ResultRow, baseline: ResultRow): number {
  return deltaPercent(
    row.tasks!.map((task) => ({
      value: primaryValue(row, task),
      baseline: primaryValue(baseline, task),
      better: task.better,
    })),
  );
}

function primaryValue({ metrics }: Pick<ResultRow, "metrics">, { name, metric }: MeasuredTask): number {
  return metrics?.[name]?.[metric] ?? Number.NaN;
}

let machine: Promise<MachineReport> | undefined;

/**
 * Writes the files from what stands in the folders of the runs now, and returns it. Throws UserError where
 * they cannot be written.
 */
export async function writeResults(
  suite: Suite,
  plan: readonly PlannedRun[],
  out: string,
): Promise<BenchResults> {
  machine ??= inspectMachine();
  const { name, baseline, split, checkpoint } = suite;
  const about = {
    suite: name,
    taskloom: packageVersion(),
    machine: await machine,
    baseline,
    split,
    checkpoint,
  };
  // Whoever writes has read the records after the one who wrote before: two processes cannot put back old
  // results.
  const lock = await lockedFolder(out);
  try {
    const rows: ResultRow[] = [];
    for (const run of plan) rows.push(resultRow(run, await readRecord(foldersOf(out, run.name).own)));
    const results = { ...about, summary: summarise(rows, baseline), runs: rows };
    await replaceFile(join(out, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
    const page = resultsMarkdown(results);
    await replaceFile(join(out, "results.md"), page);
    await replaceFile(join(out, "results.html"), markdownPage(page, name));
    return results;
  } finally {
    lock.release();
  }
}

/** The text of a folder's `results.md`. Throws UserError where there is none. */
export async function resultsText(out: string): Promise<string> {
  const path = join(out, "results.md");
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw fileError(error, path, "read");
  }
}

async function lockedFolder(folder: string) {
  for (let attempt = 0; attempt < 600; attempt++) {
    const lock = tryLock(folder);
    if (lock !== undefined) return lock;
    await sleep(50);
  }
  throw new UserError({
    code: "bench.locked",
    where: folder,
    what: "another process has been writing results for half a minute",
    fix: "Stop it, or delete the file .lock in the folder where none is running.",
  });
}

/** @file All runs of a suite: several at a time, each when what it needs is there, and their results. */
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { UserError } from "../common/errors.js";
import { makeFolder } from "../disk/files.js";
import { formatSeconds } from "../report/numbers.js";
import { attempt, type BenchContext, isDone } from "./attempt.js";
import { expandSuite, foldersOf, type PlannedRun } from "./expand.js";
import { fits } from "./only.js";
import { readRecord } from "./record.js";
import { type BenchResults, writeResults } from "./results.js";
import type { Suite } from "./suite.js";
import { TimeLeft } from "./time-left.js";

export interface BenchOptions {
  /** Folder of the runs, `results.json`, `results.md` and `results.html`. */
  readonly out: string;
  /** Program and first arguments that stand for `taskloom`; by default this installation's. */
  readonly command?: readonly string[];
  /** Runs at a time; the machine's threads are divided among them. Default 1. */
  readonly jobs?: number;
  /** Only the runs that fit this pattern (see `fits`) and those they need. */
  readonly only?: string;
  /** Aborting lets the runs at hand save and ends; all of it can be resumed. */
  readonly signal?: AbortSignal;
  /** Told what happens, one line each. */
  readonly log?: (line: string) => void;
}

export interface BenchOutcome {
  readonly results: BenchResults;
  /** Runs that were wanted and failed. */
  readonly failed: readonly string[];
  readonly interrupted: boolean;
}

/** This installation. */
export const COMMAND = [process.execPath, fileURLToPath(new URL("../cli/main.js", import.meta.url))];
/** How often runs that are in the hands of another process are looked at, milliseconds. */
const POLL_MS = 300;

/**
 * Runs a suite, or goes on with it: a run that is finished with the same configuration is not repeated, one
 * that was interrupted goes on where it stopped, one whose configuration has changed starts anew, one that
 * failed is tried again. Several processes may run the same suite at once: they share the runs.
 * @throws UserError where the suite does not hold or a file cannot be written. Runs that fail do not end it:
 * they are rows of the results.
 */
export async function runSuite(suite: Suite, options: BenchOptions): Promise<BenchOutcome> {
  const { out, command = COMMAND, jobs = 1, log = () => undefined } = options;
  const plan = expandSuite(suite, out);
  const wanted = selectRuns(plan, options.only);
  await makeFolder(out);
  const inner = new AbortController();
  const stop = () => inner.abort();
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  const context: BenchContext = {
    ...{ suite, out, command, log, begun: Date.now(), worlds: new Map(), signal: inner.signal },
    threads: jobs > 1 ? Math.max(1, Math.floor(availableParallelism() / jobs)) : 0,
  };
  const write = () => writeResults(suite, plan, out);
  const schedule = new Schedule(wanted, context, write);
  try {
    const workers = Array.from({ length: jobs }, () => schedule.work());
    // An error that ends everything still lets the other runs save.
    for (const worker of workers) worker.catch(stop);
    await Promise.allSettled(workers);
    await Promise.all(workers);
  } finally {
    options.signal?.removeEventListener("abort", stop);
  }
  return { results: await write(), failed: schedule.failed(), interrupted: inner.signal.aborted };
}

/** What a run of the suite would do: nothing is written. */
export interface DryRun {
  readonly name: string;
  readonly hash: string;
  readonly needs: readonly string[];
  readonly next: "nothing" | "train" | "resume" | "start anew" | "try again" | "measure";
}

/** What `runSuite` would do, in order. Throws UserError as it does. */
export async function planSuite(
  suite: Suite,
  { out, only }: Pick<BenchOptions, "out" | "only">,
): Promise<DryRun[]> {
  return Promise.all(
    selectRuns(expandSuite(suite, out), only).map(async (run) => {
      const { name, hash, needs } = run;
      return { name, hash, needs, next: await nextFor(run, suite, out) };
    }),
  );
}

async function nextFor(run: PlannedRun, suite: Suite, out: string): Promise<DryRun["next"]> {
  const record = await readRecord(foldersOf(out, run.name).own);
  if (record === undefined) return "train";
  if (record.hash !== run.hash) return "start anew";
  if (isDone(record, run, suite)) return "nothing";
  if (record.status === "failed") return "try again";
  return record.training === undefined ? "resume" : "measure";
}

/** Runs that fit the pattern, and those they need before them. */
export function selectRuns(plan: readonly PlannedRun[], only: string | undefined): PlannedRun[] {
  if (only === undefined) return [...plan];
  const wanted = new Set<string>();
  const add = ({ name, needs }: PlannedRun): void => {
    wanted.add(name);
    for (const need of needs) add(plan.find((run) => run.name === need)!);
  };
  for (const run of plan) if (fits(run.name, only)) add(run);
  if (wanted.size > 0) return plan.filter(({ name }) => wanted.has(name));
  throw new UserError({
    code: "bench.none",
    what: "no run of the suite fits",
    where: "--only",
    got: only,
    expected: `a part of a name such as ${plan[0].name}, or the whole; * stands for any letters`,
    fix: "`--dry-run` lists the runs.",
  });
}

/** The runs between `workers`: who is waiting, who is at work, how they ended. */
class Schedule {
  readonly #waiting: PlannedRun[];
  readonly #left = new TimeLeft();
  readonly #settled = new Map<string, "done" | "failed">();
  readonly #count: number;
  readonly #context: BenchContext;
  readonly #onSettled: () => Promise<unknown>;

  constructor(runs: readonly PlannedRun[], context: BenchContext, onSettled: () => Promise<unknown>) {
    this.#waiting = [...runs];
    this.#count = runs.length;
    this.#context = context;
    this.#onSettled = onSettled;
  }

  failed(): string[] {
    return [...this.#settled].flatMap(([name, outcome]) => (outcome === "failed" ? [name] : []));
  }

  /** Takes one run after the other until all are settled or the signal comes. */
  async work(): Promise<void> {
    const { signal } = this.#context;
    while (!signal.aborted && this.#settled.size < this.#count) {
      const index = this.#waiting.findIndex(({ needs }) => needs.every((name) => this.#settled.has(name)));
      if (index < 0) {
        await this.#pause();
        continue;
      }
      const [run] = this.#waiting.splice(index, 1);
      const fresh = (await readRecord(foldersOf(this.#context.out, run.name).own))?.hash !== run.hash;
      const failedNeed = run.needs.find((name) => this.#settled.get(name) === "failed");
      const outcome = await attempt(run, failedNeed, this.#context);
      if (outcome === "busy") {
        this.#waiting.push(run);
        await this.#pause();
      } else if (outcome !== "interrupted") {
        if (fresh && outcome === "done") this.#left.trained(run);
        this.#settled.set(run.name, outcome);
        await this.#onSettled();
        this.#context.log(this.#standing());
      }
    }
  }

  #standing(): string {
    const done = `${this.#settled.size} of ${this.#count} runs finished`;
    const seconds = this.#left.secondsFor(this.#waiting);
    if (this.#waiting.length === 0 || seconds === undefined) return done;
    return `${done}, ${this.#waiting.length} still to begin: about ${formatSeconds(seconds)}`;
  }

  /** Until another worker or another process may have got further. */
  async #pause(): Promise<void> {
    await sleep(POLL_MS, undefined, { signal: this.#context.signal }).catch(() => undefined);
  }
}

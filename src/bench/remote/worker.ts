/** @file A worker of suites: takes a run, carries it out as `taskloom bench` would, gives its folder back. */
import { join } from "node:path";
import { makeFolder } from "../../disk/files.js";
import { loadPlugins } from "../../disk/plugins.js";
import { pluginsOf } from "../../training/config/index.js";
import type { BusAddress } from "../../transport/address.js";
import { attempt, type BenchContext, isDone } from "../attempt.js";
import { COMMAND } from "../bench.js";
import { expandSuite, foldersOf } from "../expand.js";
import { readRecord, writeRecord } from "../record.js";
import { parseSuite } from "../suite.js";
import { packFolder, unpackFolder } from "./packed-folder.js";
import { type BenchJob, type BenchQueue, jobKey, openQueue, type TakenJob } from "./queue.js";

export interface WorkerOptions {
  readonly address: BusAddress;
  /** Folder of the runs at work and of those that they need. */
  readonly out: string;
  readonly command?: readonly string[];
  readonly signal: AbortSignal;
  readonly log?: (message: string) => void;
  /** Ends after so many runs; works on and on if left out. */
  readonly runs?: number;
  /** As of `openQueue`. */
  readonly silenceS?: number;
}

/** Between two signs of life, milliseconds; a third of the silence after which a run goes to another. */
const WORKING_MS = 10_000;

/** Carries out runs until the signal. Throws UserError where the broker or the folder cannot be used. */
export async function workOnSuites(options: WorkerOptions): Promise<void> {
  const { address, signal, runs = Number.POSITIVE_INFINITY } = options;
  await makeFolder(options.out);
  const queue = await openQueue(address, options.silenceS);
  try {
    for (let done = 0; done < runs && !signal.aborted; ) {
      const taken = await queue.take();
      if (taken !== undefined && (await carryOutTaken(queue, taken, options))) done++;
    }
  } finally {
    await queue.close();
  }
}

/** Whether the run is finished; else it goes back. */
async function carryOutTaken(queue: BenchQueue, taken: TakenJob, options: WorkerOptions): Promise<boolean> {
  const timer = setInterval(() => taken.working(), WORKING_MS);
  try {
    const folder = await finishedFolder(queue, taken.job, options);
    if (folder === undefined) {
      taken.giveBack();
      return false;
    }
    const key = jobKey(taken.job);
    if (!(await queue.finished.list()).includes(key)) await queue.finished.put(key, await packFolder(folder));
    await taken.done();
    return true;
  } finally {
    clearInterval(timer);
  }
}

/** Carries a run out; its folder, or undefined where it was interrupted. */
async function finishedFolder(
  queue: BenchQueue,
  { run: name, hash, text, file, folder, seeds }: BenchJob,
  { out, command = COMMAND, signal, log = () => undefined }: WorkerOptions,
): Promise<string | undefined> {
  const suite = { ...parseSuite(text, join(folder, file), folder), seeds: [...seeds] };
  await loadPlugins(pluginsOf(suite, folder));
  const plan = expandSuite(suite, out);
  const run = plan.find((each) => each.name === name);
  const { own } = foldersOf(out, name);
  if (run?.hash !== hash) {
    // Another version of Taskloom, or other plugins: what it made would be something else.
    await makeFolder(own);
    const error = "the worker makes another configuration of this run: use the same version everywhere";
    await writeRecord(own, { hash, status: "failed", error, failedAt: Date.now() });
    return own;
  }
  for (const need of run.needs) {
    const needed = plan.find((each) => each.name === need)!;
    const place = foldersOf(out, need).own;
    if (isDone(await readRecord(place), needed, suite)) continue;
    const bytes = await queue.finished.get(jobKey({ run: need, hash: needed.hash }));
    if (bytes !== null) await unpackFolder(bytes, place);
  }
  const context: BenchContext = {
    ...{ suite, out, command, log, signal, begun: Date.now(), worlds: new Map(), threads: 0 },
  };
  const outcome = await attempt(run, undefined, context);
  return outcome === "done" || outcome === "failed" ? own : undefined;
}

/** @file A suite whose runs are carried out by workers anywhere: shares them out, collects what they give. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "../../disk/files.js";
import type { BusAddress } from "../../transport/address.js";
import { isDone } from "../attempt.js";
import { type BenchOptions, type BenchOutcome, selectRuns } from "../bench.js";
import { expandSuite, foldersOf, type PlannedRun } from "../expand.js";
import { readRecord } from "../record.js";
import { writeResults } from "../results.js";
import type { Suite } from "../suite.js";
import { packFolder, unpackFolder } from "./packed-folder.js";
import { type BenchQueue, jobKey, openQueue } from "./queue.js";

export interface RemoteBenchOptions extends Pick<BenchOptions, "out" | "only" | "signal" | "log"> {
  readonly address: BusAddress;
  /** The suite's file. */
  readonly file: string;
  /** As of `openQueue`. */
  readonly silenceS?: number;
}

const LOOK_MS = 500;

/**
 * Has a suite's runs carried out by `taskloom bench-worker` processes, as `runSuite` does here: what is
 * finished is not repeated, and results are the same. Throws UserError.
 */
export async function runSuiteRemotely(suite: Suite, options: RemoteBenchOptions): Promise<BenchOutcome> {
  const { out, address, file, signal, log = () => undefined } = options;
  const plan = expandSuite(suite, out);
  const wanted = selectRuns(plan, options.only);
  await makeFolder(out);
  const text = await readFile(file, "utf8");
  const queue = await openQueue(address, options.silenceS);
  const settled = new Map<string, "done" | "failed">();
  const queued = new Set<string>();
  const settle = async (run: PlannedRun, outcome: "done" | "failed", how: string) => {
    settled.set(run.name, outcome);
    log(`${run.name}: ${how}`);
    await writeResults(suite, plan, out);
  };
  try {
    for (const run of wanted) {
      const { own } = foldersOf(out, run.name);
      if (isDone(await readRecord(own), run, suite)) {
        settled.set(run.name, "done");
        // Workers may need its weights.
        if (wanted.some(({ needs }) => needs.includes(run.name))) await offer(queue, run, own);
      } else await queue.finished.delete(jobKey({ run: run.name, hash: run.hash })).catch(() => undefined);
    }
    while (settled.size < wanted.length && signal?.aborted !== true) {
      for (const run of wanted.filter(({ name }) => !settled.has(name))) {
        const failedNeed = run.needs.find((name) => settled.get(name) === "failed");
        if (failedNeed !== undefined)
          await settle(run, "failed", `needs the run ${failedNeed}, which failed`);
        else if (!queued.has(run.name) && run.needs.every((name) => settled.has(name))) {
          const { folder, seeds } = suite;
          await queue.add({ run: run.name, hash: run.hash, text, file: basename(file), folder, seeds });
          queued.add(run.name);
        }
      }
      const there = new Set(await queue.finished.list());
      for (const run of wanted.filter(({ name }) => queued.has(name) && !settled.has(name))) {
        const key = jobKey({ run: run.name, hash: run.hash });
        if (!there.has(key)) continue;
        const { own } = foldersOf(out, run.name);
        await unpackFolder((await queue.finished.get(key))!, own);
        const record = await readRecord(own);
        if (isDone(record, run, suite)) await settle(run, "done", "done");
        else await settle(run, "failed", `failed: ${record?.error ?? "no result"}`);
      }
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await queue.close();
  }
  const failed = [...settled].flatMap(([name, outcome]) => (outcome === "failed" ? [name] : []));
  return { results: await writeResults(suite, plan, out), failed, interrupted: signal?.aborted === true };
}

async function offer(queue: BenchQueue, { name, hash }: PlannedRun, own: string): Promise<void> {
  const key = jobKey({ run: name, hash });
  if (!(await queue.finished.list()).includes(key)) await queue.finished.put(key, await packFolder(own));
}

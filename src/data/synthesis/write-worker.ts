/** @file A worker thread of `writeWorld`: writes its share of the samples and reports each. */
import { parentPort, workerData } from "node:worker_threads";
import { loadPlugins } from "../../disk/plugins.js";
import { type WriteJob, writeWorldSample } from "./write-sample.js";

/** What `writeWorld` hands to each thread. */
export interface WorkerShare {
  readonly job: WriteJob;
  readonly samples: readonly (readonly [split: string, index: number])[];
  /** Absolute paths; the world may be one of theirs. */
  readonly plugins: readonly string[];
}

const { job, samples, plugins } = workerData as WorkerShare;
await loadPlugins(plugins);
for (const [split, index] of samples) {
  await writeWorldSample(job, split, index);
  parentPort?.postMessage(split);
}

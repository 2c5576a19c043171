/** @file A worker thread of `writeWorld`: writes its share of the samples and reports each. */
import { parentPort, workerData } from "node:worker_threads";
import { loadPlugins } from "../../disk/plugins.js";
import { type PlainError, toPlainError } from "../loading/loader-protocol.js";
import { type WriteJob, writeWorldSample } from "./write-sample.js";

/** What `writeWorld` hands to each thread. */
export interface WorkerShare {
  readonly job: WriteJob;
  readonly samples: readonly (readonly [split: string, index: number])[];
  /** Absolute paths; the world may be one of theirs. */
  readonly plugins: readonly string[];
}

/** A sample is written, or none will be any more. */
export type FromWriter = { readonly split: string } | { readonly error: PlainError };

const { job, samples, plugins } = workerData as WorkerShare;
const send = (message: FromWriter) => parentPort?.postMessage(message);
try {
  await loadPlugins(plugins);
  for (const [split, index] of samples) {
    await writeWorldSample(job, split, index);
    send({ split });
  }
} catch (error) {
  send({ error: toPlainError(error) });
}

/** @file A worker thread of `writeWorld`: writes its share of the samples and reports each. */
import { parentPort, workerData } from "node:worker_threads";
import { loadPlugins } from "../../disk/plugins.js";
import { type PlainError, toPlainError } from "../loading/loader-protocol.js";
import type { Pose } from "../types.js";
import { type WriteJob, writeWorldItem } from "./write-sample.js";

/** An image or a snippet. */
export type WriteItem = readonly [split: string, index: number];

/** What `writeWorld` hands to each thread. */
export interface WorkerShare {
  readonly job: WriteJob;
  readonly items: readonly WriteItem[];
  /** Absolute paths; the world may be one of theirs. */
  readonly plugins: readonly string[];
}

/** An image is written, or an item with its camera's poses, or nothing will be any more. */
export type FromWriter =
  | { readonly image: true }
  | { readonly item: WriteItem; readonly poses: readonly Pose[] }
  | { readonly error: PlainError };

const { job, items, plugins } = workerData as WorkerShare;
const send = (message: FromWriter) => parentPort?.postMessage(message);
try {
  await loadPlugins(plugins);
  for (const item of items) {
    const poses = await writeWorldItem(job, ...item, () => send({ image: true }));
    send({ item, poses });
  }
} catch (error) {
  send({ error: toPlainError(error) });
}

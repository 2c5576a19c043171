/**
 * @file A worker thread of the loader: makes batches in the order they are asked for and hands their memory
 * over.
 */
import { type MessagePort, workerData } from "node:worker_threads";
import { loadPlugins } from "../../disk/plugins.js";
import { type BatchMaker, openBatchMaker } from "./batch.js";
import {
  type BatchNumbers,
  type FromWorker,
  type ToWorker,
  toPlainError,
  type WorkerSetup,
} from "./loader-protocol.js";

const { setup, port } = workerData as { setup: WorkerSetup; port: MessagePort };
const jobs: { job: number; at: BatchNumbers }[] = [];
let maker: Promise<BatchMaker> | undefined;
let [busy, closed] = [false, false];

async function work(): Promise<void> {
  if (busy) return;
  busy = true;
  maker ??= loadPlugins(setup.plugins).then(() => openBatchMaker(setup.plan, setup.cacheBytes));
  for (let next = jobs.shift(); next !== undefined && !closed; next = jobs.shift()) {
    const { job, at } = next;
    try {
      const batch = await (await maker).make(at);
      const buffers = Object.values(batch.arrays).map((array) => array.data.buffer as ArrayBuffer);
      send({ type: "batch", job, batch }, buffers);
    } catch (error) {
      send({ type: "error", job, error: toPlainError(error) }, []);
    }
  }
  busy = false;
  // Without its port the thread has nothing to wait for and ends by itself, libvips's threads included.
  if (closed) port.close();
}

function send(message: FromWorker, transfer: ArrayBuffer[]): void {
  if (!closed) port.postMessage(message, transfer);
}

port.on("message", (message: ToWorker) => {
  if (message.type === "close") closed = true;
  else jobs.push(message);
  void work();
});

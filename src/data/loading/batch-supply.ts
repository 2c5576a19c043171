/** @file Where the loader's batches come from: this thread, or worker threads. */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
  Worker,
} from "node:worker_threads";
import { loadedPlugins } from "../../disk/plugins.js";
import type { Batch } from "../types.js";
import { workerEntry } from "../worker-entry.js";
import type { BatchMaker } from "./batch.js";
import { type BatchNumbers, type FromWorker, fromPlainError, type ToWorker } from "./loader-protocol.js";
import type { BatchPlan } from "./plan.js";

/** A batch that was asked for. */
export interface PendingBatch {
  /** Whether the batch (or its error) is there. */
  readonly settled: boolean;
  readonly batch: Promise<Batch>;
}

export interface BatchSupply {
  /** Asks for a batch; those asked for first come first. */
  request(at: BatchNumbers): PendingBatch;
  /** Takes in what workers have finished, even if this thread's event loop has not turned since. */
  collect(): void;
  /** Keeps the process alive while somebody waits for a batch. */
  hold(waiting: boolean): void;
  close(): Promise<void>;
}

class Deferred implements PendingBatch {
  settled = false;
  readonly batch: Promise<Batch>;
  resolve!: (batch: Batch) => void;
  reject!: (error: Error) => void;

  constructor() {
    this.batch = new Promise((resolve, reject) => {
      this.resolve = (batch) => {
        this.settled = true;
        resolve(batch);
      };
      this.reject = (error) => {
        this.settled = true;
        reject(error);
      };
    });
    // An error concerns whoever takes this batch; until then it must not count as unhandled.
    this.batch.catch(() => undefined);
  }
}

/** Batches made on this thread when they are asked for. */
export function localSupply(maker: BatchMaker): BatchSupply {
  return {
    request: (at) => {
      const pending = new Deferred();
      maker.make(at).then(pending.resolve, pending.reject);
      return pending;
    },
    collect: () => undefined,
    hold: () => undefined,
    close: async () => undefined,
  };
}

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly jobs: Map<number, Deferred>;
  readonly ended: Promise<void>;
}

function settle(thread: Thread, message: FromWorker): void {
  const pending = thread.jobs.get(message.job);
  thread.jobs.delete(message.job);
  if (message.type === "batch") pending?.resolve(message.batch);
  else pending?.reject(fromPlainError(message.error));
}

function startThread(plan: BatchPlan, cacheBytes: number): Thread {
  const { port1: port, port2 } = new MessageChannel();
  const worker = new Worker(workerEntry(import.meta.url, "./loader-worker.js"), {
    workerData: { setup: { plan, cacheBytes, plugins: loadedPlugins() }, port: port2 },
    transferList: [port2 as unknown as Transferable],
    // The worker is plain compiled code; flags of the program at hand (--input-type) would only break it.
    execArgv: [],
  });
  const jobs = new Map<number, Deferred>();
  const failAll = (error: Error) => {
    for (const pending of jobs.values()) pending.reject(error);
    jobs.clear();
  };
  const ended = new Promise<void>((resolve) => {
    worker.once("error", failAll);
    worker.once("exit", (code) => {
      failAll(new Error(`a loader thread ended with code ${code}`));
      port.close();
      resolve();
    });
  });
  const thread = { worker, port, jobs, ended };
  port.on("message", (message: FromWorker) => settle(thread, message));
  // A loader that was left open must not keep the process from ending.
  port.unref();
  worker.unref();
  return thread;
}

/** Batches made by `count` worker threads that share `cacheBytes` of decoded samples. */
export function threadSupply(plan: BatchPlan, count: number, cacheBytes: number): BatchSupply {
  const threads = Array.from({ length: count }, () => startThread(plan, Math.floor(cacheBytes / count)));
  let nextJob = 0;
  const post = (thread: Thread, message: ToWorker) => thread.port.postMessage(message);
  return {
    request: (at) => {
      const thread = threads.reduce((least, other) => (other.jobs.size < least.jobs.size ? other : least));
      const pending = new Deferred();
      const job = nextJob++;
      thread.jobs.set(job, pending);
      post(thread, { type: "make", job, at });
      return pending;
    },
    collect: () => {
      for (const thread of threads) {
        for (let got = receiveMessageOnPort(thread.port); got; got = receiveMessageOnPort(thread.port)) {
          settle(thread, got.message as FromWorker);
        }
      }
    },
    hold: (waiting) => {
      for (const { worker, port } of threads) {
        if (waiting) {
          port.ref();
          worker.ref();
        } else {
          port.unref();
          worker.unref();
        }
      }
    },
    close: async () => {
      for (const thread of threads) {
        thread.worker.ref();
        post(thread, { type: "close" });
      }
      await Promise.all(threads.map((thread) => thread.ended));
    },
  };
}

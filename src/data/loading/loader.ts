/**
 * @file The training loader: batches made ahead of time by worker threads. What a batch holds depends on the
 * plan and the places of its streams alone, not on the number of workers or on where a run was resumed.
 */

import type { Batch } from "../types.js";
import { type BatchMaker, openBatchMaker } from "./batch.js";
import { type BatchSupply, localSupply, type PendingBatch, threadSupply } from "./batch-supply.js";
import type { Position } from "./draws.js";
import type { BatchNumbers } from "./loader-protocol.js";
import { type BatchPlan, requirePlan } from "./plan.js";

export type { Position } from "./draws.js";
export type { BatchPlan, StreamPlan } from "./plan.js";

/** Where each stream stands. */
export type Positions = Readonly<Record<string, Position>>;

export interface LoaderOptions extends BatchPlan {
  /** First batch of each stream; the run's first where one is left out. */
  readonly start?: Positions;
  /** Worker threads; 0 makes batches on the calling thread. Default 2. */
  readonly workers?: number;
  /** Batches made ahead. Default 4. */
  readonly prefetch?: number;
  /** Memory for decoded samples, all workers together, in bytes. Default 1 GiB. */
  readonly cacheBytes?: number;
}

/** Batches without end. Every stream goes through its own set, at its own pace. */
export class Loader implements AsyncIterable<Batch> {
  /** How many samples the set of each stream has. */
  readonly samples: Readonly<Record<string, number>>;
  readonly #sets: BatchMaker["sets"];
  readonly #supply: BatchSupply;
  readonly #ahead: number;
  readonly #queue: PendingBatch[] = [];
  #next: BatchNumbers;
  #requested: BatchNumbers;
  #delivered = 0;
  #starved = 0;
  #closed: Promise<void> | undefined;

  /** Use `openLoader`. */
  constructor(supply: BatchSupply, sets: BatchMaker["sets"], { start, workers, prefetch }: LoaderOptions) {
    this.#supply = supply;
    this.#sets = sets;
    this.samples = mapValues(sets, ({ samples }) => samples);
    this.#ahead = workers === 0 ? 0 : (prefetch ?? 4);
    this.#next = mapValues(sets, ({ pace }, stream) =>
      pace.batchAt(start?.[stream] ?? { epoch: 0, step: 0 }),
    );
    this.#requested = this.#next;
    this.#fill(this.#ahead);
  }

  /** Steps that had to wait for their batch, the first one excepted: nothing can be ready for it. */
  get starvedSteps(): number {
    return this.#starved;
  }

  /**
   * Where the next batch comes from, by stream. A loader started there gives the very batches this one would
   * have given.
   */
  position(): Positions {
    return mapValues(this.#next, (batch, stream) => this.#sets[stream].pace.positionOf(batch));
  }

  /**
   * The next batch. Throws UserError where a file is damaged, naming it (with `badFiles: "skip"`, where all
   * are), Error after `close`.
   */
  async next(): Promise<Batch> {
    if (this.#closed !== undefined) throw new Error("the loader is closed");
    this.#fill(this.#ahead + 1);
    const pending = this.#queue.shift()!;
    this.#supply.collect();
    if (!pending.settled && this.#delivered > 0) this.#starved++;
    this.#supply.hold(true);
    try {
      const batch = await pending.batch;
      this.#delivered++;
      this.#next = after(this.#next);
      return batch;
    } catch (error) {
      // Asked again, the loader tries this very batch again.
      this.#queue.length = 0;
      this.#requested = this.#next;
      throw error;
    } finally {
      this.#supply.hold(false);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch> {
    while (this.#closed === undefined) yield await this.next();
  }

  /** Ends the workers once they have finished the batch at hand. May be called again. */
  async close(): Promise<void> {
    this.#closed ??= this.#supply.close();
    await this.#closed;
  }

  #fill(count: number): void {
    while (this.#queue.length < count) {
      this.#queue.push(this.#supply.request(this.#requested));
      this.#requested = after(this.#requested);
    }
  }
}

function mapValues<A, B>(
  record: Readonly<Record<string, A>>,
  map: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function after(at: BatchNumbers): BatchNumbers {
  return mapValues(at, (batch) => batch + 1);
}

/**
 * Opens a loader. Throws UserError where the dataset, split or tasks do not exist, RangeError and TypeError
 * on options that no caller should give (no view, a batch of none, labels as a Map).
 */
export async function openLoader(options: LoaderOptions): Promise<Loader> {
  const { workers = 2, cacheBytes = 2 ** 30, streams, seed, badFiles } = options;
  const plan: BatchPlan = { streams, seed, badFiles };
  requirePlan(plan);
  // Also with workers: opening here finds mistakes at once and counts the images.
  const maker = await openBatchMaker(plan, workers === 0 ? cacheBytes : 0);
  const supply = workers === 0 ? localSupply(maker) : threadSupply(plan, workers, cacheBytes);
  return new Loader(supply, maker.sets, options);
}

/**
 * @file The training loader: batches made ahead of time by worker threads. What a batch holds depends on the
 * plan and its (epoch, step) alone, not on the number of workers or on where a run was resumed.
 */

import type { Batch } from "../types.js";
import { type BatchPlan, openBatchMaker } from "./batch.js";
import { type BatchSupply, localSupply, type PendingBatch, threadSupply } from "./batch-supply.js";
import { type Position, stepsPerEpoch } from "./draws.js";

export type { BatchPlan } from "./batch.js";
export type { Position } from "./draws.js";

export interface LoaderOptions extends BatchPlan {
  /** First batch; default the run's first. */
  readonly start?: Position;
  /** Worker threads; 0 makes batches on the calling thread. Default 2. */
  readonly workers?: number;
  /** Batches made ahead. Default 4. */
  readonly prefetch?: number;
  /** Memory for decoded samples, all workers together, in bytes. Default 1 GiB. */
  readonly cacheBytes?: number;
}

/** Batches without end, epoch after epoch, each epoch in its own random order. */
export class Loader implements AsyncIterable<Batch> {
  /** Images that an epoch goes through; those appended to batches apart. */
  readonly samples: number;
  readonly stepsPerEpoch: number;
  readonly #supply: BatchSupply;
  readonly #ahead: number;
  readonly #queue: PendingBatch[] = [];
  #next: Position;
  #requested: Position;
  #delivered = 0;
  #starved = 0;
  #closed: Promise<void> | undefined;

  /** Use `openLoader`. */
  constructor(supply: BatchSupply, samples: number, options: LoaderOptions) {
    this.#supply = supply;
    this.samples = samples;
    this.stepsPerEpoch = stepsPerEpoch(samples, options.batchSize);
    this.#ahead = options.workers === 0 ? 0 : (options.prefetch ?? 4);
    this.#next = this.#normal(options.start ?? { epoch: 0, step: 0 });
    this.#requested = this.#next;
    this.#fill(this.#ahead);
  }

  /** Steps that had to wait for their batch, the first one excepted: nothing can be ready for it. */
  get starvedSteps(): number {
    return this.#starved;
  }

  /**
   * Where the next batch comes from. A loader started there gives the very batches this one would have given.
   */
  position(): Position {
    return this.#next;
  }

  /** The next batch. Throws UserError where a file is damaged, naming it; Error after `close`. */
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
      this.#next = this.#after(this.#next);
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

  #normal(at: Position): Position {
    return {
      epoch: at.epoch + Math.floor(at.step / this.stepsPerEpoch),
      step: at.step % this.stepsPerEpoch,
    };
  }

  #after(at: Position): Position {
    return this.#normal({ epoch: at.epoch, step: at.step + 1 });
  }

  #fill(count: number): void {
    while (this.#queue.length < count) {
      this.#queue.push(this.#supply.request(this.#requested));
      this.#requested = this.#after(this.#requested);
    }
  }
}

/**
 * Opens a loader. Throws UserError where the dataset, split or tasks do not exist, RangeError on options that
 * no caller should give (no view, a batch of none).
 */
export async function openLoader(options: LoaderOptions): Promise<Loader> {
  const { batchSize, views, workers = 2, cacheBytes = 2 ** 30 } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) throw new RangeError(`batchSize is ${batchSize}`);
  if (views.length === 0) throw new RangeError("a loader needs at least one view");
  const { source, split, tasks, labels, append, seed } = options;
  const plan: BatchPlan = { source, split, tasks, labels, batchSize, append, views, seed };
  // Also with workers: opening here finds mistakes at once and counts the images.
  const maker = await openBatchMaker(plan, workers === 0 ? cacheBytes : 0);
  const supply = workers === 0 ? localSupply(maker) : threadSupply(plan, workers, cacheBytes);
  return new Loader(supply, maker.samples, options);
}

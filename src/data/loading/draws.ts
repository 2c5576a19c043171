/** @file Which samples make a batch: a function of the seed and the batch's place in the run alone. */
import { Random } from "../../common/random.js";

/** A place in a run: the batch of that epoch and step, both from 0. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
}

/**
 * Batches an epoch has: what does not fill a batch is dropped; a set smaller than one batch fills it by going
 * round.
 */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.max(1, Math.floor(samples / batchSize));
}

/** A sample's place in its set, and how often the order at hand had been gone through before it. */
export interface Draw {
  readonly index: number;
  readonly round: number;
}

/** The samples of one batch: a stretch of the epoch's random order. */
export function drawBatch(
  plan: { readonly seed: number; readonly batchSize: number },
  samples: number,
  at: Position,
): Draw[] {
  const order = randomOrder(plan.seed, "order", at.epoch, samples);
  return Array.from({ length: plan.batchSize }, (_, slot) => {
    const place = at.step * plan.batchSize + slot;
    return { index: order[place % samples], round: Math.floor(place / samples) };
  });
}

/**
 * The samples appended to the run's batch number `batch` (from 0): `count` from a set of `samples` that is gone through again and again,
 * each round in a random order of its own, at a pace that epochs of the other samples have no part in. A large set is
 * thereby under-sampled, a small one over-sampled (JTR supplementary 6.2, "Batching").
 */
export function drawAppended(seed: number, count: number, samples: number, batch: number): Draw[] {
  const orders = new Map<number, readonly number[]>();
  return Array.from({ length: count }, (_, slot) => {
    const place = batch * count + slot;
    const round = Math.floor(place / samples);
    const order = orders.get(round) ?? randomOrder(seed, "append", round, samples);
    orders.set(round, order);
    return { index: order[place % samples], round };
  });
}

function randomOrder(seed: number, name: string, round: number, samples: number): number[] {
  const all = Array.from({ length: samples }, (_, index) => index);
  return new Random(seed, name, round).shuffle(all);
}

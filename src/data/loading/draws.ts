/**
 * @file Which samples make a batch: a function of the seed, the stream and the batch's number in it alone.
 */
import { Random } from "../../common/random.js";
import { MAIN_STREAM } from "../../fields/layout.js";

/** A place in a stream: its epoch, and the batch of that, both from 0. */
export interface Position {
  readonly epoch: number;
  readonly step: number;
}

/** A sample that is drawn. */
export interface Draw {
  /** Its place in its set. */
  readonly index: number;
  /** Names the random numbers of its augmentation; no other draw of the run has the same. */
  readonly key: readonly (string | number)[];
}

/**
 * How a stream goes through its set: which samples its batch number `batch` (from 0) has, and where in the
 * set that is.
 */
export interface Pace {
  draws(batch: number): Draw[];
  positionOf(batch: number): Position;
  /** The inverse; steps beyond an epoch's last count on into the next. */
  batchAt(position: Position): number;
}

export interface PaceOptions {
  readonly seed: number;
  /** Samples of the set. */
  readonly samples: number;
  readonly batchSize: number;
}

/**
 * The order of each round through a set. The last ones are remembered: shuffling anew for each batch takes
 * long for large sets.
 */
export function randomOrders(
  samples: number,
  random: (round: number) => Random,
): (round: number) => readonly number[] {
  const known = new Map<number, readonly number[]>();
  return (round) => {
    const order =
      known.get(round) ?? random(round).shuffle(Array.from({ length: samples }, (_, index) => index));
    if (!known.has(round) && known.size >= 2) known.delete(known.keys().next().value!);
    known.set(round, order);
    return order;
  };
}

/**
 * Batches an epoch has: what does not fill a batch is dropped; a set smaller than one batch fills it by going
 * round.
 */
export function stepsPerEpoch(samples: number, batchSize: number): number {
  return Math.max(1, Math.floor(samples / batchSize));
}

/** The main stream's pace: every epoch in a random order of its own, cut into batches. */
export function epochPace({ seed, samples, batchSize }: PaceOptions): Pace {
  const steps = stepsPerEpoch(samples, batchSize);
  const orderOf = randomOrders(samples, (epoch) => new Random(seed, "order", epoch));
  const positionOf = (batch: number) => ({ epoch: Math.floor(batch / steps), step: batch % steps });
  return {
    positionOf,
    batchAt: ({ epoch, step }) => epoch * steps + step,
    draws(batch) {
      const { epoch, step } = positionOf(batch);
      return Array.from({ length: batchSize }, (_, slot) => {
        const place = step * batchSize + slot;
        const index = orderOf(epoch)[place % samples];
        // A sample met twice in an epoch gets other random numbers the second time.
        return { index, key: [epoch, index + Math.floor(place / samples) * samples] };
      });
    },
  };
}

/**
 * The pace of all other streams: the set is gone through again and again, each round in a random order of its
 * own, without regard to the epochs of others; a batch may end one round and begin the next. A large set is
 * thereby under-sampled, a small one over-sampled (JTR supplementary 6.2, "Batching"). An epoch is a round; a
 * batch belongs to that of its first sample.
 */
export function roundPace(stream: string, { seed, samples, batchSize }: PaceOptions): Pace {
  const appended = stream === "append";
  const orderOf = randomOrders(samples, (round) =>
    appended ? new Random(seed, "append", round) : new Random(seed, "stream", stream, round),
  );
  const firstOf = (round: number) => Math.ceil((round * samples) / batchSize);
  return {
    positionOf(batch) {
      const epoch = Math.floor((batch * batchSize) / samples);
      return { epoch, step: batch - firstOf(epoch) };
    },
    batchAt: ({ epoch, step }) => firstOf(epoch) + step,
    draws: (batch) =>
      Array.from({ length: batchSize }, (_, slot) => {
        const place = batch * batchSize + slot;
        const round = Math.floor(place / samples);
        const index = orderOf(round)[place % samples];
        // Below zero: no other sample's random numbers.
        return { index, key: appended ? [round, -1 - index] : [stream, round, index] };
      }),
  };
}

/** The pace of a stream, by its name. */
export function paceOf(stream: string, options: PaceOptions): Pace {
  return stream === MAIN_STREAM ? epochPace(options) : roundPace(stream, options);
}

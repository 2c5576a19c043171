/**
 * @file Batches with something to learn: at least one labelled sample of each task, where few images carry
 * labels.
 */
import { Random } from "../../common/random.js";
import { type Draw, type Pace, type PaceOptions, randomOrders } from "./draws.js";

/** A set to be balanced. */
export interface Labelled {
  /** The tasks that each sample is labelled for. */
  readonly tasksOf: readonly (readonly string[])[];
  /** All tasks, in the order of their turns. */
  readonly tasks: readonly string[];
}

/**
 * The samples labelled for a task, one after the other by the number of the batch that needs one, in rounds
 * of random order.
 */
function substitutes(task: string, indices: readonly number[], seed: number): (batch: number) => number {
  const orderOf = randomOrders(indices.length, (round) => new Random(seed, "balance", task, round));
  return (batch) => indices[orderOf(Math.floor(batch / indices.length))[batch % indices.length]];
}

/**
 * A main stream's pace whose batches are mended: a task of which a batch holds no labelled sample gets one,
 * in place of a sample that no task needs, the one with the fewest labels. Where a batch has fewer samples
 * than there are tasks, tasks take turns: batch b serves task b mod K first. Everything follows from the seed
 * and the batch's number.
 */
export function balancedPace(
  pace: Pace,
  { tasksOf, tasks }: Labelled,
  { seed, samples, batchSize }: PaceOptions,
): Pace {
  const labelledFor = tasks.map((task) => {
    const indices = [...tasksOf.keys()].filter((index) => tasksOf[index].includes(task));
    return { task, indices };
  });
  const turns = labelledFor
    .filter(({ indices }) => indices.length > 0)
    .map(({ task, indices }) => ({ task, substitute: substitutes(task, indices, seed) }));
  // The plain pace meets a sample in fewer rounds than this: no other draw has the random numbers of a
  // substitute.
  const rounds = Math.ceil(batchSize / samples);
  const mend = (batch: number, draws: Draw[]): Draw[] => {
    const { epoch, step } = pace.positionOf(batch);
    const needed = new Set<number>();
    const has = (slot: number, task: string) => tasksOf[draws[slot].index].includes(task);
    const slots = [...draws.keys()];
    for (let turn = 0; turn < turns.length; turn++) {
      const { task, substitute } = turns[(batch + turn) % turns.length];
      if ([...needed].some((slot) => has(slot, task))) continue;
      const free = slots.filter((slot) => !needed.has(slot));
      let slot = free.find((each) => has(each, task));
      if (slot === undefined) {
        if (free.length === 0) continue;
        const labels = (each: number) => tasksOf[draws[each].index].length;
        slot = free.reduce((least, each) => (labels(each) < labels(least) ? each : least));
        const index = substitute(batch);
        draws[slot] = { index, key: [epoch, index + (rounds + step) * samples] };
      }
      needed.add(slot);
    }
    return draws;
  };
  return { ...pace, draws: (batch) => mend(batch, pace.draws(batch)) };
}

/**
 * How many of a run's batches are to hold no label: the chance that `batchSize` of `samples` images are all
 * among the `bare` ones.
 */
export function labellessShare(samples: number, bare: number, batchSize: number): number {
  if (bare === 0) return 0;
  // A smaller set is in every batch as a whole.
  if (batchSize >= samples) return Number(bare === samples);
  let share = 1;
  for (let i = 0; i < batchSize; i++) share *= Math.max(0, bare - i) / (samples - i);
  return share;
}

/**
 * @file Ordered pairs of tasks: which of them count for which sample, and places ("slots") for those that do.
 */
import { UserError } from "../common/errors.js";
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, equal } from "../graph/ops/compare.js";
import { constant } from "../graph/ops/leaf.js";
import { matmul } from "../graph/ops/matmul.js";
import { reduceMax, reduceSum } from "../graph/ops/reduce.js";
import { reshape, slice, stack } from "../graph/ops/shape.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { MethodContext } from "./method.js";

/** Indices into the tasks of a run. */
export interface TaskPair {
  readonly source: number;
  readonly target: number;
}

/**
 * Which pairs count for a sample. `unlabelled`: from its unlabelled tasks to its labelled ones (JTR eq. 3);
 * `all`: from every task to its labelled ones, for fully labelled images.
 */
export type PairChoice = "unlabelled" | "all";

/** The K(K-1) ordered pairs of different tasks: pair (s, t) has the index s(K-1) + (t < s ? t : t-1). */
export function orderedPairs(count: number): TaskPair[] {
  const tasks = Array.from({ length: count }, (_, task) => task);
  return tasks.flatMap((source) =>
    tasks.filter((target) => target !== source).map((target) => ({ source, target })),
  );
}

/** Throws UserError where there are fewer than two tasks, of which no pair can be made. */
export function requirePairs(method: string, { tasks }: Pick<MethodContext, "tasks">): void {
  if (tasks.length >= 2) return;
  throw new UserError({
    code: "method.too-few-tasks",
    what: `${method} relates tasks to each other and needs at least two`,
    where: "tasks",
    expected: "two tasks or more",
    got: tasks.map(({ name }) => name).join(", "),
    fix: "Train further tasks of the dataset, or choose `method: {name: supervised}`.",
  });
}

/** Flags [B,K] of the tasks that each sample is labelled for. */
export function labelledFlags(context: MethodContext, view = 0): Tensor {
  return stack(
    context.tasks.map((task) => context.labels(task, view).labelled),
    1,
  );
}

/** Matrix [K,P] with a one where the pair's `end` is the task. */
export function endMatrix(pairs: readonly TaskPair[], count: number, end: keyof TaskPair): Tensor {
  const data = new Float32Array(count * pairs.length);
  pairs.forEach((pair, p) => {
    data[pair[end] * pairs.length + p] = 1;
  });
  return constant(data, [count, pairs.length]);
}

/** Flags [B,P] of the pairs that count for each sample, from flags [B,K] of its labels. */
function activePairs(labelled: Tensor, which: PairChoice): Tensor {
  const count = labelled.shape[1];
  const pairs = orderedPairs(count);
  const targets = matmul(labelled, endMatrix(pairs, count, "target"));
  if (which === "all") return targets;
  return mul(targets, matmul(sub(1, labelled), endMatrix(pairs, count, "source")));
}

/**
 * Maps of a task [B,C,H,W] whose gradients stop where the task is the source of no pair that counts: losses
 * of other maps would otherwise reach them through a mapping network's batch statistics. `task` is its index,
 * `labelled` [B,K].
 */
export function learningSource(x: Tensor, task: number, labelled: Tensor, which: PairChoice): Tensor {
  const [batch, count] = labelled.shape;
  const active = activePairs(labelled, which);
  const pairs = endMatrix(orderedPairs(count), count, "source");
  const ofTask = slice(pairs, { starts: [task], ends: [task + 1] });
  const learns = reshape(reduceMax(mul(active, ofTask), { axes: [1] }), [batch, 1, 1, 1]);
  return add(mul(x, learns), mul(detach(x), sub(1, learns)));
}

/** Slots of each sample: which pair stands in each, and whether it counts. */
export interface PairSlots {
  /** [B,J,P]: one where slot j of the sample holds pair p. */
  readonly choice: Tensor;
  /** [B,J]: one where the pair in the slot counts for the sample. */
  readonly counts: Tensor;
}

/**
 * Puts the pairs that count for each sample into slots, in their order; slots left over hold other pairs,
 * which do not count. A sample of K tasks has at most floor(K²/4) pairs from unlabelled to labelled tasks, so
 * that many slots take all of them, where pairs without slots would take K(K-1) evaluations of a mapping
 * network for each sample. `labelled` is [B,K].
 */
export function pairSlots(labelled: Tensor, which: PairChoice): PairSlots {
  const [batch, count] = labelled.shape;
  const pairs = orderedPairs(count);
  const slots = which === "all" ? pairs.length : Math.floor(count ** 2 / 4);
  const active = activePairs(labelled, which);

  // Places from 1 on: those that count first, the others after them.
  const upTo = constant(
    Array.from({ length: pairs.length ** 2 }, (_, i) =>
      Math.floor(i / pairs.length) <= i % pairs.length ? 1 : 0,
    ),
    [pairs.length, pairs.length],
  );
  const idle = sub(1, active);
  const total = reduceSum(active, { axes: [1], keepDims: true });
  const place = add(mul(active, matmul(active, upTo)), mul(idle, add(matmul(idle, upTo), total)));
  const wanted = constant(
    Array.from({ length: slots }, (_, slot) => slot + 1),
    [1, slots, 1],
  );
  const choice = cast(equal(reshape(place, [batch, 1, pairs.length]), wanted), "float32");
  const counts = reduceSum(mul(choice, reshape(active, [batch, 1, pairs.length])), { axes: [2] });
  return { choice, counts };
}

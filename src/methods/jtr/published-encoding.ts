/**
 * @file How tasks enter a joint-task space in JTR's published code (variant: released), a table by kind of
 * task. Against the paper's eq. 4 and 5: predictions enter as sampled one-hot maps, depth through a normal
 * distribution function, normals as (n + 1) / 2; reconstructions are compared by other losses than the tasks'
 * own, divided by N+ = the number of non-zero elements of the target tensor.
 */
import { UserError } from "../../common/errors.js";
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, equal, logicalNot } from "../../graph/ops/compare.js";
import { reduceMax } from "../../graph/ops/reduce.js";
import { oneHot } from "../../graph/ops/shape.js";
import { softmax } from "../../graph/ops/softmax.js";
import { abs, detach, sigmoid, softplus } from "../../graph/ops/unary.js";
import { graphError, type Tensor } from "../../graph/tensor.js";
import { sumPerSample, unitChannels } from "../../tasks/masked.js";
import type { Task } from "../../tasks/task.js";
import { depthShare } from "./joint-encoding.js";

/** What an encoding takes besides the prediction. */
export interface Draw {
  /**
   * Pixels [N,1,H,W] that every labelled task of the sample holds at; others are zeroed before encoding. All
   * of them if left out.
   */
  readonly mask?: Tensor;
  /**
   * Standard Gumbel noise [N,`noiseChannels`,H,W]. A stack encoded without it is the noiseless (soft) one.
   */
  readonly noise?: Tensor;
}

/** A task in a joint or pair-wise space of published code. All maps [N,C,H,W]. */
export interface PublishedEncoding {
  /** Channels of Gumbel noise that one draw needs; 0 for none. */
  readonly noiseChannels: number;
  encodePrediction(prediction: Tensor, draw?: Draw): Tensor;
  encodeLabel(label: Tensor, valid: Tensor): Tensor;
}

/**
 * JTR's. Its reconstruction compares the decoder's output with targets that are not the stacks themselves, so
 * each has a function of its own. Random draws come in as inputs, which keeps the graph pure; the published
 * code draws anew for every call.
 */
export interface PublishedJointEncoding extends PublishedEncoding {
  /**
   * Target of the reconstructed prediction stack Ŷ. `encoded` is `encodePrediction`'s result for that stack.
   */
  predictionTarget(prediction: Tensor, encoded: Tensor, draw: Draw): Tensor;
  /** Target of the reconstructed stack Y for samples with a label of this task. */
  labelTarget(label: Tensor, valid: Tensor): Tensor;
  /** Target of the reconstructed stack Y for samples without one. */
  substituteTarget(prediction: Tensor, draw: Draw): Tensor;
  /** Loss of every sample, float32 [N]; `valid` [N,1,H,W] masks pixels. */
  reconstructionLoss(output: Tensor, target: Tensor, valid: Tensor): Tensor;
}

/** The kinds of task that the published code of a method knows. */
export type PublishedTable<E> = Readonly<Record<string, (task: Task) => E>>;

/**
 * A task's entry. Throws UserError where the code has no such task: there is no default for what somebody
 * else's code does.
 */
export function publishedEncoding<E>(method: string, table: PublishedTable<E>, task: Task): E {
  const { kind } = task.kind;
  if (Object.hasOwn(table, kind)) return table[kind](task);
  throw new UserError({
    code: "method.no-released-encoding",
    what: `${method}'s released code has no tasks of kind ${kind}`,
    where: `tasks: ${task.name}`,
    expected: `tasks of kind ${Object.keys(table).join(", ")}`,
    fix: "Set `variant: paper`, or leave the task out of `tasks`.",
  });
}

export function masked(x: Tensor, { mask }: Draw): Tensor {
  return mask === undefined ? x : mul(x, mask);
}

/** Σ per sample divided by the number of non-zero elements of the target (1 if none): [N]. */
function overNonZero(sum: Tensor, target: Tensor): Tensor {
  const nonZero = cast(logicalNot(equal(target, 0)), "float32");
  return div(sumPerSample(sum), maximum(sumPerSample(nonZero), 1));
}

/**
 * Straight-through Gumbel-softmax at temperature 1: the value is a one-hot sample, the gradient that of
 * softmax(logits + noise).
 */
function sampledOneHot(logits: Tensor, draw: Draw): Tensor {
  if (draw.noise === undefined) graphError("sampledOneHot", "needs a noise input", [logits]);
  const soft = softmax(add(logits, draw.noise), 1);
  const hard = cast(equal(soft, reduceMax(soft, { axes: [1], keepDims: true })), "float32");
  return masked(add(detach(sub(hard, soft)), soft), draw);
}

/**
 * Segmentation: predictions as a straight-through Gumbel one-hot sample (with noise) or softmax (without),
 * times the mask; labels one-hot. Reconstruction: Σ binary cross-entropy with logits · M / N+.
 */
function sampledClasses({ kind, spec }: Task): PublishedJointEncoding {
  const classes = kind.learning.channels(spec);
  const encodeLabel = (label: Tensor, valid: Tensor) => mul(oneHot(label, classes), valid);
  return {
    noiseChannels: classes,
    encodePrediction: (prediction, draw = {}) =>
      draw.noise === undefined ? masked(softmax(prediction, 1), draw) : sampledOneHot(prediction, draw),
    encodeLabel,
    predictionTarget: (prediction, _encoded, draw) => sampledOneHot(prediction, draw),
    labelTarget: encodeLabel,
    substituteTarget: sampledOneHot,
    // -[t ln σ(x) + (1 - t) ln(1 - σ(x))] = softplus(x) - t·x
    reconstructionLoss: (output, target, valid) =>
      overNonZero(mul(sub(softplus(output), mul(target, output)), valid), target),
  };
}

/**
 * Depth: Φ((metres·M - 2.3618) / 1.5876), so that a masked pixel enters as 0.0684.
 * Reconstruction: Σ|s - Φ(target)|·M / N+ with s = (sigmoid(output) - 0.5)(1 - 1e-5) + 0.5; the target of the
 * prediction stack is already encoded and passes Φ a second time.
 */
const depth: PublishedJointEncoding = {
  noiseChannels: 0,
  encodePrediction: (prediction, draw = {}) => depthShare(masked(prediction, draw)),
  encodeLabel: (label, valid) => depthShare(mul(label, valid)),
  predictionTarget: (_prediction, encoded) => encoded,
  labelTarget: (label, valid) => mul(label, valid),
  substituteTarget: (prediction) => prediction,
  reconstructionLoss: (output, target, valid) => {
    const share = add(mul(sub(sigmoid(output), 0.5), 1 - 1e-5), 0.5);
    return overNonZero(mul(abs(sub(share, depthShare(target))), valid), target);
  },
};

/**
 * Normals: (n·M + 1) / 2, so that a masked pixel enters as 0.5.
 * Reconstruction: 1 - Σ (output/|output|)·target·M / N+. N+ counts components, so the term is at best about
 * 2/3; the target of the prediction stack lies in [0, 1], all others in [-1, 1].
 */
const normals: PublishedJointEncoding = {
  noiseChannels: 0,
  encodePrediction: (prediction, draw = {}) => halved(masked(prediction, draw)),
  encodeLabel: (label, valid) => halved(mul(label, valid)),
  predictionTarget: (_prediction, encoded) => encoded,
  labelTarget: (label, valid) => mul(label, valid),
  substituteTarget: (prediction) => prediction,
  reconstructionLoss: (output, target, valid) =>
    sub(1, overNonZero(mul(mul(unitChannels(output), target), valid), target)),
};

function halved(unit: Tensor): Tensor {
  return mul(add(unit, 1), 0.5);
}

export const jtrPublished = {
  segmentation: sampledClasses,
  depth: () => depth,
  normals: () => normals,
} satisfies PublishedTable<PublishedJointEncoding>;

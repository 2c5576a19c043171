/**
 * @file How tasks enter a joint-task space by JTR's paper (eq. 4 and 5): a table by kind of task. Other
 * methods that compare or map tasks' values take them in the same form.
 */
import { UserError } from "../../common/errors.js";
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { oneHot } from "../../graph/ops/shape.js";
import { softmax } from "../../graph/ops/softmax.js";
import { erf, sigmoid } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { agreedBoundaries, balancedCrossEntropy } from "../../tasks/boundaries/loss.js";
import type { BoundariesSpec } from "../../tasks/boundaries/spec.js";
import { maskedCosine, maskedCrossEntropy, maskedL1, unitChannels } from "../../tasks/masked.js";
import type { Task } from "../../tasks/task.js";

/** A task in a joint-task space. All tensors [N,C,H,W] with C the channels of its predictions. */
export interface JointEncoding {
  /** The task's part of the stack Ŷ. */
  encodePrediction(prediction: Tensor): Tensor;
  /**
   * The task's part of the stack Y; meaningless (but finite) where `valid` is 0, so that the method can put
   * the prediction there.
   */
  encodeLabel(label: Tensor, valid: Tensor): Tensor;
  /**
   * An encoding's values, monotonically brought between 0 and 1; left out where they are bounded as they are.
   * Unbounded predictions can make a stack's distance small by growing: the first normalisation of the
   * auto-encoder then leaves little of the other channels.
   */
  bounded?(values: Tensor): Tensor;
  /**
   * Reconstruction loss of every sample, float32 [N]: the auto-encoder's raw output against an encoded
   * prediction or label. `valid` [N,1,H,W] masks pixels. Gradients reach `target` too: detach it for eq. 5.
   */
  reconstructionLoss(output: Tensor, target: Tensor, valid: Tensor): Tensor;
}

/** Mean and deviation of NYUv2's depth in metres, which the published code uses for every dataset. */
const DEPTH_MEAN = 2.3618;
const DEPTH_DEVIATION = 1.5876;

const encodings: Readonly<Record<string, (task: Task) => JointEncoding>> = {
  segmentation: classProbabilities,
  depth: (task) => ({ ...asTheyStand(task), bounded: depthShare }),
  normals: (task) => ({
    ...asTheyStand(task),
    reconstructionLoss: (output, target, valid) => maskedCosine(unitChannels(output), target, valid),
  }),
  "occlusion-edges": sharesOfOne,
  reshading: sharesOfOne,
  keypoints2d: sharesOfOne,
  edges2d: sharesOfOne,
  boundaries: boundaryProbabilities,
};

/** The task's encoding; that of kinds the table does not have is `asTheyStand`. */
export function jointEncoding(task: Task): JointEncoding {
  const { kind } = task.kind;
  return (Object.hasOwn(encodings, kind) ? encodings[kind] : asTheyStand)(task);
}

/**
 * Values as they stand, labels zero where invalid, masked L1 (mean over channels, in the values' unit) as
 * reconstruction loss. `encodeLabel` throws UserError where labels have other channels than predictions: such
 * values are not of one space, and only the kind's own entry could bring them into one.
 */
function asTheyStand({ name, kind, spec }: Task): JointEncoding {
  const expected = kind.learning.channels(spec);
  const got = kind.files.labelChannels(spec);
  return {
    encodePrediction: (prediction) => prediction,
    encodeLabel(label, valid) {
      if (got === expected) return mul(label, valid);
      throw new UserError({
        code: "method.no-joint-encoding",
        what: `labels of kind ${kind.kind} do not have the form of its predictions, so they cannot be compared in a joint space`,
        where: `tasks: ${name}`,
        expected: `labels of ${expected} channels`,
        got: `${got}`,
        fix: "Leave the task out of `tasks`, or choose a method that compares each task with itself, e.g. `supervised`.",
      });
    },
    reconstructionLoss: maskedL1,
  };
}

/**
 * Probabilities softmax(logits) for predictions, one-hot (all-zero where ignored) for labels, and the
 * cross-entropy -Σ_c target_c log softmax(output)_c, masked mean over pixels. Probabilities rather than
 * logits because eq. 4 stacks predictions in the place of labels: both must live on one scale.
 */
function classProbabilities({ kind, spec }: Task): JointEncoding {
  const classes = kind.learning.channels(spec);
  return {
    encodePrediction: (logits) => softmax(logits, 1),
    encodeLabel: (label, valid) => mul(oneHot(label, classes), valid),
    reconstructionLoss: maskedCrossEntropy,
  };
}

/** Maps whose labels, but not whose predictions, lie in [0, 1]. */
function sharesOfOne(task: Task): JointEncoding {
  return { ...asTheyStand(task), bounded: (values) => normalCdf(values, 0.5, 0.5) };
}

/**
 * Probabilities for predictions, ones where enough annotators agree for labels (zero where ignored), and the
 * task's class-balanced cross-entropy of sigmoid(output).
 */
function boundaryProbabilities({ spec }: Task): JointEncoding {
  const own = spec as BoundariesSpec;
  return {
    encodePrediction: (prediction) => prediction,
    encodeLabel: (label, valid) => mul(agreedBoundaries(label, own), valid),
    reconstructionLoss: (output, target, valid) =>
      balancedCrossEntropy(sigmoid(output), target, valid, own.positiveWeight),
  };
}

/** Metres -> share (0 to 1) of NYUv2's depths that are smaller, by a normal distribution. */
export function depthShare(metres: Tensor): Tensor {
  return normalCdf(metres, DEPTH_MEAN, DEPTH_DEVIATION);
}

/** Φ((x - mean) / deviation), Φ the standard normal distribution function. */
function normalCdf(x: Tensor, mean: number, deviation: number): Tensor {
  return mul(add(erf(mul(sub(x, mean), 1 / (deviation * Math.SQRT2))), 1), 0.5);
}

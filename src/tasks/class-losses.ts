/**
 * @file What a network learns classes from, besides plain cross-entropy: weights of classes, focal and
 * dice.
 */
import { z } from "zod";
import { add, div, maximum, mul, pow, sub } from "../graph/ops/arithmetic.js";
import { cast, greater } from "../graph/ops/compare.js";
import { constant } from "../graph/ops/leaf.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { logSoftmax, softmax } from "../graph/ops/softmax.js";
import { exp, neg } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { sumChannels, sumPerSample } from "./masked.js";

/** Keys of a segmentation entry that say what is learned from. */
export const classLossKeys = {
  /** Default `cross-entropy`; `cross-entropy+dice` is their sum. */
  loss: z.enum(["cross-entropy", "focal", "dice", "cross-entropy+dice"]).optional(),
  /**
   * Weights of classes in cross-entropy and focal loss, by name (1 for those not named), or `auto`: in each
   * image every class that it shows counts alike.
   */
  classWeights: z.union([z.literal("auto"), z.record(z.string(), z.number().min(0))]).optional(),
  /** Exponent of the focal loss; default 2. */
  focus: z.number().min(0).max(10).optional(),
};

interface ClassLossSpec {
  readonly classes: readonly string[];
  readonly loss?: "cross-entropy" | "focal" | "dice" | "cross-entropy+dice";
  readonly classWeights?: "auto" | Readonly<Record<string, number>>;
  readonly focus?: number;
}

/** What is wrong with the weights for these classes; undefined where they are sound. */
export function classWeightsProblem({ classes, classWeights }: ClassLossSpec): string | undefined {
  if (classWeights === undefined || classWeights === "auto") return undefined;
  const stranger = Object.keys(classWeights).find((name) => !classes.includes(name));
  if (stranger !== undefined) return `\`classWeights\` names ${stranger}, which is no class`;
  return classes.every((name) => classWeights[name] === 0) ? "every class has weight 0" : undefined;
}

/** Weight of each pixel, 0 where it is not valid: one-hot labels [N,C,H,W] -> [N,1,H,W]. */
function pixelWeights(hot: Tensor, valid: Tensor, { classes, classWeights }: ClassLossSpec): Tensor {
  if (classWeights === undefined) return valid;
  const named = mul(hot, valid);
  if (classWeights !== "auto") {
    const weights = classes.map((name) => classWeights[name] ?? 1);
    return sumChannels(mul(named, constant(weights, [1, classes.length, 1, 1])));
  }
  const count = reduceSum(named, { axes: [2, 3], keepDims: true });
  return sumChannels(div(named, maximum(count, 1)));
}

/** Least share of other classes: keeps the power's gradient finite. */
const LEAST = 1e-7;

/**
 * Σ w (1 - p)^γ (-log p) / Σ w over the valid pixels of each sample, p the probability of the label's class:
 * cross-entropy for γ = 0 (with PyTorch's meaning of weights), else the focal loss (Lin et al. 2017, eq. 4).
 */
function weightedCrossEntropy(logits: Tensor, hot: Tensor, weights: Tensor, focus: number): Tensor {
  const logProbability = sumChannels(mul(hot, logSoftmax(logits, 1)));
  const hardness = maximum(sub(1, exp(logProbability)), LEAST);
  const loss = focus === 0 ? neg(logProbability) : mul(pow(hardness, constant([focus])), neg(logProbability));
  return div(sumPerSample(mul(loss, weights)), maximum(sumPerSample(weights), LEAST));
}

/**
 * 1 - mean over the classes that the label shows of (2 Σ p g + 1) / (Σ p + Σ g + 1), sums over the valid
 * pixels of each sample (Milletari et al. 2016, with plain sums below); 0 without a valid pixel.
 */
function dice(logits: Tensor, hot: Tensor, valid: Tensor): Tensor {
  const over = { axes: [2, 3], keepDims: true };
  const truth = mul(hot, valid);
  const probability = mul(softmax(logits, 1), valid);
  const [both, predicted, labelled] = [mul(probability, truth), probability, truth].map((x) =>
    reduceSum(x, over),
  );
  const score = div(add(mul(both, 2), 1), add(add(predicted, labelled), 1));
  const shown = cast(greater(labelled, 0.5), "float32");
  return div(sumPerSample(mul(sub(1, score), shown)), maximum(sumPerSample(shown), 1));
}

/** Loss of every sample [N]: logits and one-hot labels [N,C,H,W], valid [N,1,H,W]. */
export function classLoss(logits: Tensor, hot: Tensor, valid: Tensor, spec: ClassLossSpec): Tensor {
  const { loss = "cross-entropy", focus = 2 } = spec;
  if (loss === "dice") return dice(logits, hot, valid);
  const weights = pixelWeights(hot, valid, spec);
  const entropy = weightedCrossEntropy(logits, hot, weights, loss === "focal" ? focus : 0);
  return loss === "cross-entropy+dice" ? add(entropy, dice(logits, hot, valid)) : entropy;
}

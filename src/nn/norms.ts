/** @file Normalisation layers, named as PyTorch's modules name their parameters. */
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { batchNormInference, batchNormTraining } from "../graph/ops/batch-norm.js";
import { sampleAffine } from "../graph/ops/channel.js";
import { groupNorm } from "../graph/ops/norm.js";
import { detach, sqrt } from "../graph/ops/unary.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { ones, zeros } from "./initializers.js";
import type { Layer } from "./layer.js";

/**
 * What a convolution may be followed by: normalisation over the batch, or over groups of channels of each
 * sample.
 */
export const NORMS = ["batch", "group"] as const;
export type NormName = (typeof NORMS)[number];

/**
 * A scale and a shift [N,C] of each sample's channels, applied after normalisation: FiLM (Perez et al. 2018).
 */
export interface Modulation {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

export interface NormOptions {
  epsilon?: number;
  /** Stands behind the normalisation, as part of it: it costs no pass of its own. */
  modulation?: Modulation;
}

export interface BatchNormOptions extends NormOptions {
  /** Share of the new batch in the running statistics (PyTorch's meaning). Default 0.1. */
  momentum?: number;
  /** [C], what was left out of x and belongs to its mean: added to the running mean only. */
  offset?: Tensor;
}

/**
 * Batch normalisation with parameters `weight`, `bias` and state `running_mean`, `running_var` (unbiased, as
 * PyTorch keeps it): batch statistics in training mode, running ones otherwise. x [N,C,H,W]. A single value
 * per channel (1x1 maps of one sample) has no deviation, and PyTorch refuses to train on it: here it is
 * normalised by the running statistics, which then stay as they are. In passes by each sample's statistics
 * every sample is normalised over its own positions, as at batch size 1, and those stay too.
 */
export function batchNormLayer(layer: Layer, x: Tensor, options: BatchNormOptions = {}): Tensor {
  const { forward } = layer;
  const { epsilon = 1e-5, momentum = 0.1, offset, modulation } = options;
  const channels = x.shape[1];
  const affine = affineOf(layer, channels);
  const runningMean = layer.state("running_mean", [channels], zeros);
  const runningVariance = layer.state("running_var", [channels], ones);
  const pixels = sizeOf(x.shape.slice(2));
  const values = forward.statistics === "sample" ? pixels : x.shape[0] * pixels;
  if (forward.mode === "eval" || values === 1) {
    const current = forward.current(runningMean);
    const mean = offset === undefined ? current : sub(current, offset);
    const variance = forward.current(runningVariance);
    return modulation === undefined
      ? batchNormInference(x, affine.weight, affine.bias, mean, variance, epsilon)
      : modulated(x, { ...affine, mean, variance, epsilon }, modulation);
  }
  if (forward.statistics === "sample") {
    const { weight, bias } = modulatedAffine(affine, modulation);
    return groupNorm(x, channels, weight, bias, epsilon);
  }
  const { output, mean, variance } = batchNormTraining(x, affine.weight, affine.bias, { epsilon });
  const count = sizeOf(x.shape) / channels;
  const batchMean = detach(offset === undefined ? mean : add(mean, offset));
  const unbiased = mul(detach(variance), count / Math.max(count - 1, 1));
  forward.update(runningMean, blend(forward.current(runningMean), batchMean, momentum));
  forward.update(runningVariance, blend(forward.current(runningVariance), unbiased, momentum));
  return modulation === undefined ? output : modulated(x, { ...affine, mean, variance, epsilon }, modulation);
}

/**
 * 32 groups (Wu & He 2018), or where the channels are no multiple of that, as many as the largest divisor
 * below it: 24 for 48.
 */
export function defaultGroups(channels: number): number {
  let groups = Math.min(32, channels);
  while (channels % groups !== 0) groups--;
  return groups;
}

/**
 * Group normalisation (Wu & He 2018) with parameters `weight` and `bias` and no state: x [N,C,H,W], in
 * training and evaluation alike. Groups of a single value (1x1 maps in as many groups as channels) have no
 * deviation: they are scaled and shifted only.
 */
export function groupNormLayer(
  layer: Layer,
  x: Tensor,
  { groups = defaultGroups(x.shape[1]), epsilon = 1e-5, modulation }: NormOptions & { groups?: number } = {},
): Tensor {
  const channels = x.shape[1];
  const { weight, bias } = modulatedAffine(affineOf(layer, channels), modulation);
  if (sizeOf(x.shape.slice(1)) === groups) return sampleAffine(x, weight, bias);
  return groupNorm(x, groups, weight, bias, epsilon);
}

interface Affine {
  readonly weight: Tensor;
  readonly bias: Tensor;
}

function affineOf(layer: Layer, channels: number): Affine {
  return {
    weight: layer.parameter("weight", [channels], ones),
    bias: layer.parameter("bias", [channels], zeros),
  };
}

/** The affine map and the modulation behind it as one, [N,C] where there is one. */
function modulatedAffine({ weight, bias }: Affine, modulation: Modulation | undefined): Affine {
  if (modulation === undefined) return { weight, bias };
  const { scale, shift } = modulation;
  return { weight: mul(scale, weight), bias: add(mul(scale, bias), shift) };
}

/**
 * Normalisation by given statistics [C], its affine map and the modulation as one affine map of each sample's
 * channels.
 */
function modulated(
  x: Tensor,
  norm: Affine & { mean: Tensor; variance: Tensor; epsilon: number },
  { scale, shift }: Modulation,
): Tensor {
  const slope = div(norm.weight, sqrt(add(norm.variance, norm.epsilon)));
  const intercept = sub(norm.bias, mul(norm.mean, slope));
  return sampleAffine(x, mul(scale, slope), add(mul(scale, intercept), shift));
}

function blend(old: Tensor, fresh: Tensor, share: number): Tensor {
  return add(mul(old, 1 - share), mul(fresh, share));
}

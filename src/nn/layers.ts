/** @file Layers: an operator with its parameters, named as PyTorch's modules name them. */
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { batchNormInference, batchNormTraining } from "../graph/ops/batch-norm.js";
import { channelAffine } from "../graph/ops/channel.js";
import { type ConvOptions, conv2d } from "../graph/ops/conv2d.js";
import { expand, reshape } from "../graph/ops/shape.js";
import { detach, relu, sqrt } from "../graph/ops/unary.js";
import { sizeOf, type Tensor } from "../graph/tensor.js";
import { biasUniform, type Initializer, ones, xavierNormal, zeros } from "./initializers.js";
import type { Layer } from "./layer.js";

export interface ConvLayerOptions extends ConvOptions {
  kernel: number;
  bias?: boolean;
  weightInit?: Initializer;
  /** Default: PyTorch's uniform initialisation. */
  biasInit?: Initializer;
}

/** Convolution with parameters `weight` and, unless switched off, `bias`: x [N,C,H,W] -> [N,channels,Ho,Wo]. */
export function convLayer(layer: Layer, x: Tensor, channels: number, options: ConvLayerOptions): Tensor {
  const shape = [channels, x.shape[1] / (options.groups ?? 1), options.kernel, options.kernel];
  const weight = layer.parameter("weight", shape, options.weightInit ?? xavierNormal);
  if (options.bias === false) return conv2d(x, weight, geometryOf(options));
  const bias = layer.parameter("bias", [channels], options.biasInit ?? biasUniform(shape));
  return conv2d(x, weight, { ...geometryOf(options), bias });
}

function geometryOf({ stride, padding, dilation, groups }: ConvOptions): ConvOptions {
  return { stride, padding, dilation, groups };
}

export interface BatchNormOptions {
  epsilon?: number;
  /** Share of the new batch in the running statistics (PyTorch's meaning). Default 0.1. */
  momentum?: number;
}

/**
 * Batch normalisation with parameters `weight`, `bias` and state `running_mean`, `running_var` (unbiased, as PyTorch keeps it):
 * batch statistics in training mode, running ones otherwise. x [N,C,H,W]. A single value per channel (1x1 maps of one sample) has no
 * deviation, and PyTorch refuses to train on it: here it is normalised by the running statistics, which then stay as they are.
 */
export function batchNormLayer(layer: Layer, x: Tensor, options: BatchNormOptions = {}): Tensor {
  return normalise(layer, x, { ...options, offset: null });
}

/** A scale and a shift [N,C] of each sample's channels, applied after normalisation: FiLM (Perez et al. 2018). */
export interface Modulation {
  readonly scale: Tensor;
  readonly shift: Tensor;
}

interface NormaliseOptions extends BatchNormOptions {
  modulation?: Modulation;
  /** What was left out of x and belongs to its mean: added to the running mean only. */
  offset: Tensor | null;
}

function normalise(layer: Layer, x: Tensor, options: NormaliseOptions): Tensor {
  const { forward } = layer;
  const { epsilon = 1e-5, momentum = 0.1, offset, modulation } = options;
  const channels = x.shape[1];
  const weight = layer.parameter("weight", [channels], ones);
  const bias = layer.parameter("bias", [channels], zeros);
  const runningMean = layer.state("running_mean", [channels], zeros);
  const runningVariance = layer.state("running_var", [channels], ones);
  const pixels = sizeOf(x.shape.slice(2));
  const values = forward.statistics === "sample" ? pixels : x.shape[0] * pixels;
  if (forward.mode === "eval" || values === 1) {
    const current = forward.current(runningMean);
    const mean = offset === null ? current : sub(current, offset);
    const variance = forward.current(runningVariance);
    return modulation === undefined
      ? batchNormInference(x, weight, bias, mean, variance, epsilon)
      : modulated(x, { mean, variance, weight, bias, epsilon }, modulation);
  }
  if (forward.statistics === "sample") {
    return normaliseSamples(x, weight, bias, { epsilon, modulation });
  }
  const { output, mean, variance } = batchNormTraining(x, weight, bias, { epsilon });
  const count = sizeOf(x.shape) / channels;
  const batchMean = detach(offset === null ? mean : add(mean, offset));
  const unbiased = mul(detach(variance), count / Math.max(count - 1, 1));
  forward.update(runningMean, blend(forward.current(runningMean), batchMean, momentum));
  forward.update(runningVariance, blend(forward.current(runningVariance), unbiased, momentum));
  return modulation === undefined
    ? output
    : modulated(x, { mean, variance, weight, bias, epsilon }, modulation);
}

/** Normalisation by given statistics [C], its affine map and the modulation as one affine map of each sample's channels. */
function modulated(
  x: Tensor,
  norm: { mean: Tensor; variance: Tensor; weight: Tensor; bias: Tensor; epsilon: number },
  { scale, shift }: Modulation,
): Tensor {
  const slope = div(norm.weight, sqrt(add(norm.variance, norm.epsilon)));
  const intercept = sub(norm.bias, mul(norm.mean, slope));
  const flat = (rows: Tensor) => reshape(rows, [-1]);
  return asOneSample(x, (apart) =>
    channelAffine(apart, flat(mul(scale, slope)), flat(add(mul(scale, intercept), shift))),
  );
}

/** Applies a function of channels to an image batch whose samples each have channels of their own: [N,C,H,W] as [1,N*C,H,W]. */
function asOneSample(x: Tensor, change: (apart: Tensor) => Tensor): Tensor {
  const [batch, channels, height, width] = x.shape;
  return reshape(change(reshape(x, [1, batch * channels, height, width])), x.shape);
}

/** Each sample normalised over its own positions, as batch normalisation at batch size 1 does; running statistics stay as they are. */
function normaliseSamples(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { modulation, ...options }: { epsilon: number; modulation?: Modulation },
): Tensor {
  const rows = [x.shape[0], x.shape[1]];
  const flat = (vectors: Tensor) => reshape(expand(vectors, rows), [-1]);
  const weights = modulation === undefined ? weight : mul(modulation.scale, weight);
  const biases = modulation === undefined ? bias : add(mul(modulation.scale, bias), modulation.shift);
  return asOneSample(x, (apart) => batchNormTraining(apart, flat(weights), flat(biases), options).output);
}

function blend(old: Tensor, fresh: Tensor, share: number): Tensor {
  return add(mul(old, 1 - share), mul(fresh, share));
}

/** A convolution whose normalisation may be modulated: what stands behind the normalisation, as part of it. */
export interface ModulatedConvOptions extends ConvLayerOptions {
  modulation?: Modulation;
}

/** Where the parameters of a convolution and of the normalisation behind it stand. */
export interface ConvNormLayers {
  readonly conv: Layer;
  readonly norm: Layer;
}

/**
 * Convolution (`weight` and, unless switched off, `bias`) and batch normalisation.
 * In training mode batch normalisation cancels the convolution's bias, so the bias gets no gradient and is not added; in its place stands the
 * negative running mean, which is cancelled just the same: about a mean near zero, the variance takes fewer passes (`cpu-moments.ts`).
 * A `modulation` stands between normalisation and ReLU; it costs no pass of its own.
 */
export function convNorm(
  { conv, norm }: ConvNormLayers,
  x: Tensor,
  channels: number,
  options: ModulatedConvOptions,
): Tensor {
  const shape = [channels, x.shape[1] / (options.groups ?? 1), options.kernel, options.kernel];
  const weight = conv.parameter("weight", shape, options.weightInit ?? xavierNormal);
  const bias =
    options.bias === false
      ? null
      : conv.parameter("bias", [channels], options.biasInit ?? biasUniform(shape));
  if (conv.forward.mode === "eval") {
    const y = conv2d(x, weight, bias === null ? geometryOf(options) : { ...geometryOf(options), bias });
    return normalise(norm, y, {
      offset: null,
      modulation: options.modulation,
    });
  }
  const expected = norm.state("running_mean", [channels], zeros).tensor;
  const shift = sub(bias === null ? 0 : detach(bias), expected);
  const y = conv2d(x, weight, { ...geometryOf(options), bias: shift });
  return normalise(norm, y, {
    offset: expected,
    modulation: options.modulation,
  });
}

/** `convNorm` and ReLU with the parameters of a sequence: `0` is the convolution, `1` the normalisation. */
export function convNormRelu(
  layer: Layer,
  x: Tensor,
  channels: number,
  options: ModulatedConvOptions,
): Tensor {
  return relu(convNorm({ conv: layer.child(0), norm: layer.child(1) }, x, channels, options));
}

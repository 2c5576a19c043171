/** @file Convolution layers, named as PyTorch's modules name their parameters. */
import { add, sub } from "../graph/ops/arithmetic.js";
import { type ConvOptions, conv2d } from "../graph/ops/conv2d.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { detach, relu } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { biasUniform, type Initializer, xavierNormal, zeros } from "./initializers.js";
import type { Layer } from "./layer.js";
import {
  type BatchNormOptions,
  batchNormLayer,
  groupNormLayer,
  type Modulation,
  type NormName,
} from "./norms.js";

export interface ConvLayerOptions extends ConvOptions {
  kernel: number;
  bias?: boolean;
  weightInit?: Initializer;
  /** Default: PyTorch's uniform initialisation. */
  biasInit?: Initializer;
}

/**
 * Convolution with parameters `weight` and, unless switched off, `bias`: x [N,C,H,W] -> [N,channels,Ho,Wo].
 */
export function convLayer(layer: Layer, x: Tensor, channels: number, options: ConvLayerOptions): Tensor {
  const { weight, bias } = convParameters(layer, x, channels, options);
  return conv2d(x, weight, { ...geometryOf(options), ...(bias === null ? {} : { bias }) });
}

function convParameters(
  layer: Layer,
  x: Tensor,
  channels: number,
  options: ConvLayerOptions,
): { weight: Tensor; bias: Tensor | null } {
  const { groups = 1, kernel, weightInit = xavierNormal } = options;
  const shape = [channels, x.shape[1] / groups, kernel, kernel];
  const { bias = true, biasInit = biasUniform(shape) } = options;
  return {
    weight: layer.parameter("weight", shape, weightInit),
    bias: bias ? layer.parameter("bias", [channels], biasInit) : null,
  };
}

function geometryOf({ stride, padding, dilation, groups }: ConvOptions): ConvOptions {
  return { stride, padding, dilation, groups };
}

/** A convolution and what stands behind it. */
export interface ConvNormOptions extends ConvLayerOptions, Pick<BatchNormOptions, "epsilon" | "momentum"> {
  /** Default: `batch`. */
  norm?: NormName;
  modulation?: Modulation;
}

/** Where a convolution and the normalisation behind it stand. */
export interface ConvNormLayers {
  readonly conv: Layer;
  readonly norm: Layer;
}

/**
 * Convolution (`weight` and, unless switched off, `bias`), normalisation and, where given, modulation.
 * In training mode batch normalisation cancels the convolution's bias, so the bias gets no gradient and is
 * not added; in its place stands the negative running mean, which is cancelled just the same: about a mean
 * near zero, the variance takes fewer passes (`cpu-moments.ts`).
 */
export function convNorm(
  { conv, norm }: ConvNormLayers,
  x: Tensor,
  channels: number,
  options: ConvNormOptions,
): Tensor {
  const { modulation, epsilon, momentum } = options;
  if (options.norm === "group") {
    return groupNormLayer(norm, convLayer(conv, x, channels, options), { modulation, epsilon });
  }
  if (conv.forward.mode === "eval") {
    return batchNormLayer(norm, convLayer(conv, x, channels, options), { modulation, epsilon });
  }
  const { weight, bias } = convParameters(conv, x, channels, options);
  const offset = norm.state("running_mean", [channels], zeros).tensor;
  const shift = sub(bias === null ? 0 : detach(bias), offset);
  const y = conv2d(x, weight, { ...geometryOf(options), bias: shift });
  return batchNormLayer(norm, y, { offset, modulation, epsilon, momentum });
}

/** `convNorm` and ReLU with the parameters of a sequence: `0` is the convolution, `1` the normalisation. */
export function convNormRelu(layer: Layer, x: Tensor, channels: number, options: ConvNormOptions): Tensor {
  return relu(convNorm({ conv: layer.child(0), norm: layer.child(1) }, x, channels, options));
}

/** Linear layer with parameters `weight` and `bias`, as PyTorch's starts: x [N,C] -> [N,outputs]. */
export function linearLayer(layer: Layer, x: Tensor, outputs: number): Tensor {
  const shape = [outputs, x.shape[1]];
  const weight = layer.parameter("weight", shape, biasUniform(shape));
  return add(matmul(x, swapLast(weight)), layer.parameter("bias", [outputs], biasUniform(shape)));
}

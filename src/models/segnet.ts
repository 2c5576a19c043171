/**
 * @file SegNet (Badrinarayanan et al. 2017) as MTAN, MTPSL and JTR use it: five levels, max pooling with
 * indices, no other skips. Parameters are named as in that code (`encoder_block`, `conv_block_enc`,
 * `decoder_block`, `conv_block_dec`), so its weights load by name; heads are `head.<task>` instead of
 * `pred_task<k>`.
 */
import { z } from "zod";
import { add } from "../graph/ops/arithmetic.js";
import { conv2d } from "../graph/ops/conv2d.js";
import { matmul } from "../graph/ops/matmul.js";
import { maxPool2d, maxUnpool2d } from "../graph/ops/max-pool.js";
import { concat, reshape, slice } from "../graph/ops/shape.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import { xavierNormal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { type ConvNormOptions, convNormRelu } from "../nn/layers.js";
import type { NormName } from "../nn/norms.js";
import {
  type Decoded,
  type Encoded,
  type Head,
  type ModelDefinition,
  type Network,
  normOption,
} from "./network.js";

export interface SegNetOptions {
  /** Channels of the first level; the levels have 1, 2, 4, 8 and 8 times as many. */
  readonly width: number;
  /**
   * Channels of the last level, if other than 8 times the width: the size of an auto-encoder's latent (JTR
   * Tab. 17).
   */
  readonly bottleneck?: number;
  /** `batch` if left out. */
  readonly norm?: NormName;
}

const LEVELS = 5;
const initializers = { weightInit: xavierNormal, biasInit: zeros };
const unit3x3 = { kernel: 3, padding: 1, ...initializers };

/**
 * @returns a network for inputs whose height and width are multiples of 32. Initialisation: Xavier normal
 * weights, zero biases.
 */
export function segnet({ width, bottleneck, norm }: SegNetOptions): Network {
  const channels = [width, 2 * width, 4 * width, 8 * width, bottleneck ?? 8 * width];
  const unit: SegNetUnit = (layer, x, count) => segnetUnit(layer, x, count, { norm });
  return {
    sizeMultiple: 2 ** LEVELS,
    // Batch normalisation cancels the bias of the convolution.
    shared: ["0.weight", ...(norm === "group" ? ["0.bias"] : []), "1.weight", "1.bias"].map(
      (parameter) => `conv_block_dec.0.${parameter}`,
    ),
    encode: (layer, x) => segnetEncoder(layer, x, channels, unit),
    decode: (layer, encoded, heads) => decode(layer, encoded, heads, channels, unit),
  };
}

/** A 3x3 convolution and what follows it, up to its activation: x [N,C,H,W] -> [N,channels,H,W]. */
export type SegNetUnit = (layer: Layer, x: Tensor, channels: number) => Tensor;

/** SegNet's own unit: 3x3 convolution, normalisation, modulation where given, ReLU. */
export function segnetUnit(
  layer: Layer,
  x: Tensor,
  channels: number,
  options: Pick<ConvNormOptions, "norm" | "modulation"> = {},
): Tensor {
  return convNormRelu(layer, x, channels, { ...unit3x3, ...options });
}

/** Further units at a level: levels 0 and 1 have one, deeper ones two in a sequence. */
function block(layer: Layer, x: Tensor, channels: number, level: number, unit: SegNetUnit): Tensor {
  if (level < 2) return unit(layer, x, channels);
  return unit(layer.child(1), unit(layer.child(0), x, channels), channels);
}

/**
 * SegNet's encoder of five levels with these channels; x [N,C,H,W], its sides multiples of 32. Throws
 * GraphError on other sizes.
 */
export function segnetEncoder(
  layer: Layer,
  x: Tensor,
  channels: readonly number[],
  unit: SegNetUnit,
): Encoded {
  if (x.shape.length !== 4 || x.shape[2] % 2 ** LEVELS !== 0 || x.shape[3] % 2 ** LEVELS !== 0) {
    graphError("segnet", `height and width must be multiples of ${2 ** LEVELS}`, [x]);
  }
  const skips: Tensor[] = [];
  let features = x;
  channels.forEach((count, level) => {
    features = unit(layer.child("encoder_block").child(level), features, count);
    features = block(layer.child("conv_block_enc").child(level), features, count, level, unit);
    const pooled = maxPool2d(features, { kernel: 2, stride: 2 });
    skips.push(pooled.indices);
    features = pooled.output;
  });
  return { bottleneck: features, skips };
}

function decode(
  layer: Layer,
  { bottleneck, skips }: Encoded,
  heads: readonly Head[],
  channels: readonly number[],
  unit: SegNetUnit,
): Decoded {
  let features = bottleneck;
  for (let level = LEVELS - 1; level >= 0; level--) {
    const count = channels[Math.max(level - 1, 0)];
    features = maxUnpool2d(features, skips[level]);
    features = unit(layer.child("decoder_block").child(level), features, count);
    features = block(layer.child("conv_block_dec").child(level), features, count, level, unit);
  }
  return { outputs: linearHeads(layer.child("head"), features, heads), trunk: features };
}

/**
 * Heads of a 3x3 and a 1x1 convolution. Nothing stands between the two, so their product is one 3x3
 * convolution; and as all heads read the same features, their filters are joined along the outputs. Function
 * and gradients are those of the separate layers, at a sixth of the arithmetic.
 */
function linearHeads(layer: Layer, features: Tensor, heads: readonly Head[]): Record<string, Tensor> {
  const width = features.shape[1];
  const composed = heads.map((head) => {
    const [hidden, last] = [layer.child(head.name).child(0), layer.child(head.name).child(1)];
    const inner = hidden.parameter("weight", [width, width, 3, 3], xavierNormal);
    const outer = reshape(last.parameter("weight", [head.channels, width, 1, 1], xavierNormal), [
      head.channels,
      width,
    ]);
    const innerBias = reshape(hidden.parameter("bias", [width], zeros), [width, 1]);
    const outerBias = last.parameter("bias", [head.channels], zeros);
    return {
      weight: reshape(matmul(outer, reshape(inner, [width, width * 9])), [head.channels, width, 3, 3]),
      bias: add(reshape(matmul(outer, innerBias), [head.channels]), outerBias),
    };
  });
  const weight = concat(
    composed.map((head) => head.weight),
    0,
  );
  const bias = concat(
    composed.map((head) => head.bias),
    0,
  );
  const joined = conv2d(features, weight, { padding: 1, bias });
  let start = 0;
  return Object.fromEntries(
    heads.map(({ name, channels }) => {
      const from = start;
      start += channels;
      return [name, slice(joined, { axes: [1], starts: [from], ends: [start] })];
    }),
  );
}

export const segnetModel: ModelDefinition<SegNetOptions> = {
  name: "segnet",
  options: z.strictObject({
    width: z.int().min(1).default(64).describe("channels of the first level; the paper uses 64"),
    bottleneck: z.int().min(1).optional().describe("channels of the last level; default 8 times the width"),
    norm: normOption,
  }),
  create: segnet,
  // Heads of the released code have numbers, which say nothing of their tasks.
  variableName: (stored) => (stored.startsWith("pred_task") ? null : stored),
};

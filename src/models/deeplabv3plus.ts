/**
 * @file DeepLabV3+ (Chen et al. 2018) on a ResNet encoder, for several tasks: the network of JTR's
 * supplementary table 15 (with ResNet-50). Encoder, atrous spatial pyramid pooling and decoder are shared up
 * to the map of the last 3x3 convolution, as in the multi-task trunk of CompL; of its own each task has the
 * 1x1 classifier, so a further task costs next to nothing.
 *
 * Plain 3x3 convolutions stand where the paper's Xception variant has separable ones, as in DeepLabV3 with
 * ResNets; no dropout. Names: `encoder.` and torchvision's names of ResNets, `aspp.` and its names of `ASPP`,
 * `decoder.low`, `decoder.0`, `decoder.1`, `head.<task>`.
 */
import { z } from "zod";
import { globalAveragePool2d } from "../graph/ops/average-pool.js";
import { conv2d } from "../graph/ops/conv2d.js";
import { resizeBilinear } from "../graph/ops/resize.js";
import { concat, expand, slice } from "../graph/ops/shape.js";
import { relu } from "../graph/ops/unary.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import { kaimingNormal, normal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { convNorm, convNormRelu } from "../nn/layers.js";
import type { NormName } from "../nn/norms.js";
import { standardised, underEncoder } from "./imagenet.js";
import {
  type Decoded,
  type Encoded,
  type Head,
  type ModelDefinition,
  type Network,
  normOption,
} from "./network.js";
import { RESNETS, type ResNetName, resnetEncoder } from "./resnet.js";

export interface DeepLabV3PlusOptions {
  readonly encoder: ResNetName;
  readonly outputStride: 8 | 16;
  /** Channels of the encoder's stem; all other channels are multiples of it. The usual sizes belong to 64. */
  readonly width: number;
  /** Of encoder, pyramid and decoder; `batch` if left out. */
  readonly norm?: NormName;
}

/** Dilation of the pyramid's 3x3 convolutions at output stride 16; twice as much at 8 (paper, section 4). */
const RATES = [6, 12, 18] as const;
const without = { bias: false, weightInit: kaimingNormal };
const unit1x1 = { kernel: 1, ...without };
const unit3x3 = { kernel: 3, padding: 1, ...without };

/**
 * @returns a network for inputs whose height and width are multiples of the output stride; its bottleneck is
 * the encoder's last map, its only skip the map of `layer1`. Inputs of three channels are images in [0, 1]
 * and are standardised by ImageNet's statistics; others stay as they are. Initialisation: He normal over the
 * outputs; heads normal of deviation 0.01 with zero biases.
 */
export function deeplabv3plus(options: DeepLabV3PlusOptions): Network {
  return {
    sizeMultiple: options.outputStride,
    shared: ["0.weight", "1.weight", "1.bias"].map((parameter) => `decoder.1.${parameter}`),
    encode: (layer, x) => encode(layer, x, options),
    decode: (layer, encoded, heads) => decode(layer, encoded, heads, options),
  };
}

function encode(layer: Layer, x: Tensor, options: DeepLabV3PlusOptions): Encoded {
  const { encoder: name, outputStride, width, norm } = options;
  if (x.shape.length !== 4 || x.shape[2] % outputStride !== 0 || x.shape[3] % outputStride !== 0) {
    graphError("deeplabv3plus", `height and width must be multiples of ${outputStride}`, [x]);
  }
  const { layers } = resnetEncoder(layer.child("encoder"), standardised(x), {
    name,
    width,
    outputStride,
    norm,
  });
  return { bottleneck: layers[3], skips: [layers[0]] };
}

function decode(
  layer: Layer,
  { bottleneck, skips: [fine] }: Encoded,
  heads: readonly Head[],
  { outputStride, width, norm }: DeepLabV3PlusOptions,
): Decoded {
  const channels = 4 * width;
  const scale = 16 / outputStride;
  const rates = RATES.map((rate) => scale * rate);
  const pyramid = spatialPyramid(layer.child("aspp"), bottleneck, channels, { rates, norm });
  const decoder = layer.child("decoder");
  const low = convNormRelu(decoder.child("low"), fine, Math.ceil(0.75 * width), { ...unit1x1, norm });
  const coarse = resizeBilinear(pyramid, [fine.shape[2], fine.shape[3]]);
  const joined = concat([coarse, low], 1);
  const refined = convNormRelu(decoder.child(0), joined, channels, { ...unit3x3, norm });
  const trunk = convNormRelu(decoder.child(1), refined, channels, { ...unit3x3, norm });
  // `fine` lies at a quarter of the image's resolution.
  const size = [4 * fine.shape[2], 4 * fine.shape[3]] as const;
  return { outputs: classify(layer.child("head"), trunk, heads, size), trunk };
}

/**
 * Atrous spatial pyramid pooling (Chen et al. 2017): a 1x1 convolution, three dilated 3x3 ones and the
 * image's mean side by side, put together by a 1x1 convolution. x [N,C,H,W] to [N,channels,H,W].
 */
function spatialPyramid(
  layer: Layer,
  x: Tensor,
  channels: number,
  { rates, norm }: { readonly rates: readonly number[]; readonly norm?: NormName },
): Tensor {
  const branches = layer.child("convs");
  const single = { ...unit1x1, norm };
  const dilated = rates.map((rate, i) =>
    convNormRelu(branches.child(i + 1), x, channels, {
      kernel: 3,
      dilation: rate,
      padding: rate,
      norm,
      ...without,
    }),
  );
  // torchvision's sequence begins with the pooling, so the convolution is number 1.
  const pooling = branches.child(rates.length + 1);
  const pooled = { conv: pooling.child(1), norm: pooling.child(2) };
  const mean = relu(convNorm(pooled, globalAveragePool2d(x), channels, single));
  const parts = [
    convNormRelu(branches.child(0), x, channels, single),
    ...dilated,
    expand(mean, [x.shape[0], channels, x.shape[2], x.shape[3]]),
  ];
  return convNormRelu(layer.child("project"), concat(parts, 1), channels, single);
}

/** 1x1 convolutions of all heads in one, enlarged bilinearly to `size`. */
function classify(
  layer: Layer,
  features: Tensor,
  heads: readonly Head[],
  size: readonly [number, number],
): Record<string, Tensor> {
  const shape = (head: Head) => [head.channels, features.shape[1], 1, 1];
  const weights = heads.map((head) => layer.child(head.name).parameter("weight", shape(head), normal(0.01)));
  const biases = heads.map((head) => layer.child(head.name).parameter("bias", [head.channels], zeros));
  const joined = conv2d(features, concat(weights, 0), { bias: concat(biases, 0) });
  const maps = resizeBilinear(joined, size);
  let start = 0;
  return Object.fromEntries(
    heads.map(({ name, channels }) => {
      const from = start;
      start += channels;
      return [name, slice(maps, { axes: [1], starts: [from], ends: [start] })];
    }),
  );
}

export const deeplabv3plusModel: ModelDefinition<DeepLabV3PlusOptions> = {
  name: "deeplabv3plus",
  options: z.strictObject({
    encoder: z.enum(RESNETS).default("resnet50"),
    outputStride: z
      .union([z.literal(8), z.literal(16)])
      .default(16)
      .describe("image over deepest map; 8 is finer and slower"),
    width: z.int().min(1).default(64).describe("channels of the stem; torchvision's weights have 64"),
    norm: normOption,
  }),
  create: deeplabv3plus,
  variableName: underEncoder,
};

/**
 * @file A monocular depth network: a ResNet encoder and a decoder with skips that ends in disparity (Godard
 * et al. 2019, "Digging into Self-Supervised Monocular Depth Estimation"; the public depth-from-video codes
 * have the like). What it predicts is a depth, never negative: constraints between depths, motion and images
 * have something to hold on to from the first step.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { add, div, mul } from "../graph/ops/arithmetic.js";
import { conv2d } from "../graph/ops/conv2d.js";
import { resizeBilinear, resizeNearest } from "../graph/ops/resize.js";
import { concat, slice } from "../graph/ops/shape.js";
import { relu, sigmoid } from "../graph/ops/unary.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import { normal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { convLayer } from "../nn/layers.js";
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

export interface DepthNetOptions {
  readonly encoder: ResNetName;
  /** Channels of the encoder's stem; the decoder has 4, 2, 1, 1/2 and 1/4 times as many. */
  readonly width: number;
  /** Of the encoder; the decoder has none, as in the public code. `batch` if left out. */
  readonly norm?: NormName;
  /** Nearest and farthest depth that can be predicted, metres. */
  readonly near: number;
  readonly far: number;
  /** From how many of the decoder's last maps depth is predicted; 1, the last alone, if left out. */
  readonly scales?: number;
}

const SIZE_MULTIPLE = 32;
const conv3x3 = { kernel: 3, padding: 1 };

/**
 * @returns a network for inputs whose height and width are multiples of 32. A head of one channel is depth in
 * metres: 1 / (1/far + (1/near - 1/far) σ), σ a sigmoid (disparity from 1/far to 1/near); heads of several
 * channels are plain maps beside it. With `scales` s depth is also predicted from the s - 1 maps before the
 * last, resized to the image before the sigmoid. Its skips are the encoder's maps, its trunk the last 3x3
 * convolution's.
 */
export function depthNet(options: DepthNetOptions): Network {
  const { near, far } = options;
  if (!(near < far)) {
    throw new UserError({
      code: "model.bad-range",
      where: "model: near, far",
      what: "the nearest depth must be nearer than the farthest",
      got: `${near} and ${far} m`,
    });
  }
  return {
    sizeMultiple: SIZE_MULTIPLE,
    shared: ["weight", "bias"].map((parameter) => `decoder.0.refine.${parameter}`),
    encode: (layer, x) => encode(layer, x, options),
    decode: (layer, encoded, heads) => decode(layer, encoded, heads, options),
  };
}

function encode(layer: Layer, x: Tensor, { encoder: name, width, norm }: DepthNetOptions): Encoded {
  if (x.shape.length !== 4 || x.shape[2] % SIZE_MULTIPLE !== 0 || x.shape[3] % SIZE_MULTIPLE !== 0) {
    graphError("depth-net", `height and width must be multiples of ${SIZE_MULTIPLE}`, [x]);
  }
  const options = { name, width, outputStride: 32, norm } as const;
  const { stem, layers } = resnetEncoder(layer.child("encoder"), standardised(x), options);
  return { bottleneck: layers[3], skips: [stem, ...layers.slice(0, 3)] };
}

/** From the deepest map to the image's size: a convolution, twice the size, the skip, a convolution. */
function decode(
  layer: Layer,
  { bottleneck, skips }: Encoded,
  heads: readonly Head[],
  { width, near, far, scales = 1 }: DepthNetOptions,
): Decoded {
  const decoder = layer.child("decoder");
  const coarser: Record<string, readonly Tensor[]> = {};
  const depths = heads.filter(({ channels }) => channels === 1);
  let features = bottleneck;
  for (let level = skips.length; level >= 0; level--) {
    const channels = Math.max(1, Math.round(width * 2 ** (level - 2)));
    const reduced = relu(convLayer(decoder.child(level).child("reduce"), features, channels, conv3x3));
    const [, , height, columns] = reduced.shape;
    const larger = resizeNearest(reduced, [2 * height, 2 * columns]);
    const joined = level === 0 ? larger : concat([larger, skips[level - 1]], 1);
    features = relu(convLayer(decoder.child(level).child("refine"), joined, channels, conv3x3));
    if (level === 0 || level >= scales) continue;
    const maps = headMaps(layer.child(`scale${level}`), features, depths, 2 ** level, near, far);
    for (const [name, map] of Object.entries(maps)) coarser[name] = [map, ...(coarser[name] ?? [])];
  }
  const outputs = headMaps(layer.child("head"), features, heads, 1, near, far);
  return { outputs, trunk: features, ...(scales > 1 && { coarser }) };
}

/** 3x3 convolutions of all heads in one, resized so many times. */
function headMaps(
  layer: Layer,
  features: Tensor,
  heads: readonly Head[],
  enlargement: number,
  near: number,
  far: number,
): Record<string, Tensor> {
  if (heads.length === 0) return {};
  const shape = ({ channels }: Head) => [channels, features.shape[1], 3, 3];
  const weights = heads.map((head) => layer.child(head.name).parameter("weight", shape(head), normal(0.01)));
  const biases = heads.map((head) => layer.child(head.name).parameter("bias", [head.channels], zeros));
  const small = conv2d(features, concat(weights, 0), { bias: concat(biases, 0), padding: 1 });
  const [, , height, columns] = small.shape;
  const size = [enlargement * height, enlargement * columns] as const;
  const maps = enlargement === 1 ? small : resizeBilinear(small, size);
  let end = 0;
  return Object.fromEntries(
    heads.map(({ name, channels }) => {
      const start = end;
      end += channels;
      const map = slice(maps, { axes: [1], starts: [start], ends: [end] });
      return [name, channels === 1 ? depthOf(map, near, far) : map];
    }),
  );
}

/** Metres of a disparity between 1/far and 1/near. */
function depthOf(map: Tensor, near: number, far: number): Tensor {
  const disparity = add(mul(sigmoid(map), 1 / near - 1 / far), 1 / far);
  return div(1, disparity);
}

export const depthNetModel: ModelDefinition<DepthNetOptions> = {
  name: "depth-net",
  options: z.strictObject({
    encoder: z.enum(RESNETS).default("resnet18"),
    width: z.int().min(1).default(64).describe("channels of the stem; torchvision's weights have 64"),
    norm: normOption,
    near: z.number().positive().default(0.1).describe("nearest depth that can be predicted, metres"),
    far: z.number().positive().default(100).describe("farthest depth that can be predicted, metres"),
    scales: z
      .int()
      .min(1)
      .max(4)
      .default(1)
      .describe(
        "from how many of the decoder's last maps depth is predicted, each held to `photometric`; the public " +
          "monocular-depth code has 4",
      ),
  }),
  create: depthNet,
  variableName: underEncoder,
};

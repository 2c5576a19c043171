/**
 * @file XTasC-Net (Nakano et al. 2021, section IV-A): a ResNet encoder that all tasks share, and a U-Net
 * decoder for each. Names: `encoder.` and torchvision's names of ResNets, `head.<task>.block<k>.<unit>`
 * (block 0 is the coarsest), `head.<task>.last`.
 */
import { z } from "zod";
import { resizeBilinear } from "../graph/ops/resize.js";
import { concat } from "../graph/ops/shape.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import { xavierNormal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { convLayer, convNormRelu } from "../nn/layers.js";
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
import { lastNames, RESNETS, type ResNetName, resnetEncoder } from "./resnet.js";

export interface XTasCNetOptions {
  readonly encoder: ResNetName;
  /** Channels of the encoder's stem; decoders have twice as many. The paper's sizes belong to 64. */
  readonly width: number;
  /** Of encoder and decoders; `batch` if left out. */
  readonly norm?: NormName;
}

const SIZE_MULTIPLE = 32;
/** Convolutions of a decoder's block. */
const UNITS = 3;
const initializers = { weightInit: xavierNormal, biasInit: zeros };
const unit3x3 = { kernel: 3, padding: 1, ...initializers };

/**
 * @returns a network for inputs whose height and width are multiples of 32; its bottleneck is the encoder's
 * last map (1/32), its skips are the maps at 1/2 to 1/16. Heads share the encoder and nothing else, so there
 * is no trunk. Images are standardised as ImageNet's weights expect. Initialisation: decoders and heads
 * Xavier normal with zero biases, heads without bias.
 */
export function xtascNet(options: XTasCNetOptions): Network {
  return {
    sizeMultiple: SIZE_MULTIPLE,
    shared: lastNames(options.encoder).map((name) => `encoder.${name}`),
    encode: (layer, x) => encode(layer, x, options),
    decode: (layer, encoded, heads) => decode(layer, encoded, heads, options),
  };
}

function encode(layer: Layer, x: Tensor, { encoder: name, width, norm }: XTasCNetOptions): Encoded {
  if (x.shape.length !== 4 || x.shape[2] % SIZE_MULTIPLE !== 0 || x.shape[3] % SIZE_MULTIPLE !== 0) {
    graphError("xtasc-net", `height and width must be multiples of ${SIZE_MULTIPLE}`, [x]);
  }
  const { stem, layers } = resnetEncoder(layer.child("encoder"), standardised(x), {
    ...{ name, width, norm },
    outputStride: 32,
  });
  return { bottleneck: layers[3], skips: [stem, ...layers.slice(0, 3)] };
}

function decode(
  layer: Layer,
  encoded: Encoded,
  heads: readonly Head[],
  { width, norm }: XTasCNetOptions,
): Decoded {
  const runs = heads.map(({ name, channels }) => {
    const own = layer.child("head").child(name);
    const features = unetFeatures(own, encoded, 2 * width, norm);
    // As the weights of interpolation sum to one everywhere, it and the head may change places; the head
    // costs a quarter here.
    const last = { kernel: 1, bias: false, ...initializers };
    return { name, features, map: doubled(convLayer(own.child("last"), features, channels, last)) };
  });
  return {
    outputs: Object.fromEntries(runs.map(({ name, map }) => [name, map])),
    lasts: runs.map(({ features }) => features),
  };
}

/**
 * Five blocks of three 3x3 convolutions: the first reads the bottleneck, each further one the block before
 * it, enlarged, beside the encoder's map of that size. The last one's map, at half the input's size.
 */
function unetFeatures(
  layer: Layer,
  { bottleneck, skips }: Encoded,
  channels: number,
  norm: NormName | undefined,
): Tensor {
  const block = (k: number, x: Tensor) => {
    let features = x;
    for (let unit = 0; unit < UNITS; unit++) {
      const place = layer.child(`block${k}`).child(unit);
      features = convNormRelu(place, features, channels, { ...unit3x3, norm });
    }
    return features;
  };
  return skips
    .toReversed()
    .reduce((x, skip, k) => block(k + 1, concat([doubled(x), skip], 1)), block(0, bottleneck));
}

/** Twice as large, the centres of the corner pixels staying where they are, as the released code has it. */
function doubled(x: Tensor): Tensor {
  return resizeBilinear(x, [2 * x.shape[2], 2 * x.shape[3]], { alignCorners: true });
}

export const xtascNetModel: ModelDefinition<XTasCNetOptions> = {
  name: "xtasc-net",
  options: z.strictObject({
    encoder: z.enum(RESNETS).default("resnet34"),
    width: z.int().min(1).default(64).describe("channels of the stem; torchvision's weights have 64"),
    norm: normOption,
  }),
  create: xtascNet,
  variableName: underEncoder,
};

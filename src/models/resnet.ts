/**
 * @file The encoders of ResNet-18, -34 and -50 (He et al. 2016) as torchvision builds them: bottlenecks with
 * their stride on the 3x3 convolution ("v1.5"), parameters named as there (`conv1`, `bn1`, `layer1.0.conv1`,
 * ..., `downsample.0`), so that its weights load by name. No `fc`. ResNet-26 is the same with two bottlenecks
 * a layer, the trunk of CompL (whose code has the stride on the first 1x1 convolution).
 */
import { add } from "../graph/ops/arithmetic.js";
import { maxPool2d } from "../graph/ops/max-pool.js";
import { relu } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { kaimingNormal } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { type ConvNormLayers, type ConvNormOptions, convNorm } from "../nn/layers.js";
import type { NormName } from "../nn/norms.js";

/** One residual block: x to `planes` channels (times the block's expansion), sizes divided by `stride`. */
type Block = (layer: Layer, x: Tensor, planes: number, options: BlockOptions) => Tensor;

interface BlockOptions {
  readonly stride: number;
  /** Of the block's strided 3x3 convolution. */
  readonly dilation: number;
  /** Of a convolution behind it, whose input has the block's output resolution. */
  readonly innerDilation: number;
  readonly norm?: NormName;
}

interface Architecture {
  readonly block: Block;
  /** Blocks of each of the four layers. */
  readonly layers: readonly number[];
}

/** Output channels of a bottleneck, as a multiple of its planes. */
const BOTTLENECK_EXPANSION = 4;

const ARCHITECTURES = {
  resnet18: { block: basicBlock, layers: [2, 2, 2, 2] },
  resnet26: { block: bottleneck, layers: [2, 2, 2, 2] },
  resnet34: { block: basicBlock, layers: [3, 4, 6, 3] },
  resnet50: { block: bottleneck, layers: [3, 4, 6, 3] },
} as const satisfies Record<string, Architecture>;

export type ResNetName = keyof typeof ARCHITECTURES;
export const RESNETS = Object.keys(ARCHITECTURES) as [ResNetName, ...ResNetName[]];

export interface ResNetOptions {
  readonly name: ResNetName;
  /** Channels of the stem; the layers have 1, 2, 4 and 8 times as many planes. torchvision: 64. */
  readonly width: number;
  /**
   * Size of the image over size of the deepest map. Below 32, dilation takes the place of the last strides.
   */
  readonly outputStride: 8 | 16 | 32;
  /** Of all normalisations; `batch` if left out. */
  readonly norm?: NormName;
}

/** Feature maps of an image, sizes rounded up. */
export interface ResNetMaps {
  /**
   * Of the first convolution, behind its normalisation and ReLU and before max pooling: [N,width,H/2,W/2].
   */
  readonly stem: Tensor;
  /** After `layer1` (at 1/4 of the size) to `layer4` (at 1/outputStride). */
  readonly layers: readonly Tensor[];
}

/**
 * Feature maps of an image x [N,C,H,W].
 *
 * Dilation: a stride that is left out doubles the dilation of everything behind it, so the map is the strided
 * network's with the positions in between filled in ("à trous"). On bottlenecks this is torchvision's
 * `replace_stride_with_dilation`, which knows no basic blocks.
 */
export function resnetEncoder(layer: Layer, x: Tensor, options: ResNetOptions): ResNetMaps {
  const { width, norm } = options;
  const { block, layers } = ARCHITECTURES[options.name];
  const stem = relu(conv(numbered(layer, 1), x, width, { kernel: 7, stride: 2, padding: 3, norm }));
  let features = maxPool2d(stem, { kernel: 3, stride: 2, padding: 1 }).output;
  let [reached, dilation] = [4, 1];
  const maps = layers.map((count, level) => {
    const before = dilation;
    const halves = level > 0 && reached < options.outputStride;
    if (halves) reached *= 2;
    else if (level > 0) dilation *= 2;
    for (let i = 0; i < count; i++) {
      features = block(layer.child(`layer${level + 1}`).child(i), features, width * 2 ** level, {
        stride: i === 0 && halves ? 2 : 1,
        dilation: i === 0 ? before : dilation,
        innerDilation: dilation,
        norm,
      });
    }
    return features;
  });
  return { stem, layers: maps };
}

/** Names of the parameters that make the last residual of `layer4`: a convolution and its normalisation. */
export function lastNames(name: ResNetName): string[] {
  const { block, layers } = ARCHITECTURES[name];
  const last = block === bottleneck ? 3 : 2;
  return [`conv${last}.weight`, `bn${last}.weight`, `bn${last}.bias`].map(
    (parameter) => `layer4.${layers[3] - 1}.${parameter}`,
  );
}

/** Convolution `conv<index>` without bias and normalisation `bn<index>`. */
function numbered(layer: Layer, index: number): ConvNormLayers {
  return { conv: layer.child(`conv${index}`), norm: layer.child(`bn${index}`) };
}

function conv(layers: ConvNormLayers, x: Tensor, channels: number, options: ConvNormOptions): Tensor {
  return convNorm(layers, x, channels, { ...options, bias: false, weightInit: kaimingNormal });
}

/** 3x3, 3x3. */
function basicBlock(layer: Layer, x: Tensor, planes: number, options: BlockOptions): Tensor {
  const { stride, dilation, innerDilation, norm } = options;
  const first = { kernel: 3, stride, dilation, padding: dilation, norm };
  const second = { kernel: 3, dilation: innerDilation, padding: innerDilation, norm };
  const hidden = relu(conv(numbered(layer, 1), x, planes, first));
  const residual = conv(numbered(layer, 2), hidden, planes, second);
  return relu(add(residual, shortcut(layer, x, planes, options)));
}

/** 1x1, 3x3 with the stride, 1x1 to four times the planes. */
function bottleneck(layer: Layer, x: Tensor, planes: number, options: BlockOptions): Tensor {
  const { stride, dilation, norm } = options;
  const channels = BOTTLENECK_EXPANSION * planes;
  const narrow = relu(conv(numbered(layer, 1), x, planes, { kernel: 1, norm }));
  const spatial = { kernel: 3, stride, dilation, padding: dilation, norm };
  const hidden = relu(conv(numbered(layer, 2), narrow, planes, spatial));
  const residual = conv(numbered(layer, 3), hidden, channels, { kernel: 1, norm });
  return relu(add(residual, shortcut(layer, x, channels, options)));
}

/** The identity, or a 1x1 convolution where the block changes channels or size. */
function shortcut(layer: Layer, x: Tensor, channels: number, { stride, norm }: BlockOptions): Tensor {
  if (stride === 1 && x.shape[1] === channels) return x;
  const downsample = layer.child("downsample");
  return conv({ conv: downsample.child(0), norm: downsample.child(1) }, x, channels, {
    kernel: 1,
    stride,
    norm,
  });
}

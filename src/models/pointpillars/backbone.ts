/** @file The two-dimensional backbone of PointPillars (section 2.2): blocks that go down, and back up. */
import { conv2d } from "../../graph/ops/conv2d.js";
import { reshape, transpose } from "../../graph/ops/shape.js";
import { relu } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { kaimingNormal } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import { convNorm } from "../../nn/layers.js";
import { batchNormLayer } from "../../nn/norms.js";
import { BATCH_NORM } from "./pillar-features.js";

export interface BackboneOptions {
  /** Channels of the first block; each further one has twice as many, and every one goes up to twice. */
  readonly width: number;
  /** Stride of each block's first convolution. */
  readonly strides: readonly number[];
  /** Convolutions of each block behind the first one. */
  readonly layers: readonly number[];
}

/** A convolution and its normalisation stand side by side, as in a list whose entry before them pads. */
function convolution(block: Layer, at: number, x: Tensor, channels: number, stride: number): Tensor {
  const layers = { conv: block.child(3 * at + 1), norm: block.child(3 * at + 2) };
  const options = { kernel: 3, padding: 1, stride, bias: false, weightInit: kaimingNormal, ...BATCH_NORM };
  return relu(convNorm(layers, x, channels, options));
}

/**
 * Every pixel becomes `factor` x `factor` pixels by filters of its own: a convolution that is transposed.
 * [N,depth,H,W] -> [N,channels,factor*factor*H,W], the pixels of each place in the small squares by
 * themselves (`interleaved` puts them in order): what is done to each pixel alone needs no order.
 */
function enlarged(layer: Layer, x: Tensor, channels: number, factor: number): Tensor {
  const [n, depth, height, width] = x.shape;
  const weight = layer.child(0).parameter("weight", [depth, channels, factor, factor], kaimingNormal);
  const parts = channels * factor * factor;
  const filters = reshape(transpose(weight, [1, 2, 3, 0]), [parts, depth, 1, 1]);
  const map = reshape(conv2d(x, filters), [n, channels, factor * factor * height, width]);
  return relu(batchNormLayer(layer.child(1), map, BATCH_NORM));
}

/**
 * A map [N,C,factor*factor*H,W] as `enlarged` leaves it, in order: [N,C,factor*H,factor*W]. In two steps,
 * each of which moves one axis: ONNX Runtime does both in a quarter of the time of the one permutation.
 */
export function interleaved(x: Tensor, factor: number): Tensor {
  const [n, channels, rows, width] = x.shape;
  if (factor === 1) return x;
  const height = rows / (factor * factor);
  const byRow = transpose(reshape(x, [n * channels, factor * factor, height, width]), [0, 2, 1, 3]);
  const byPixel = transpose(reshape(byRow, [n * channels * height * factor, factor, width]), [0, 2, 1]);
  return reshape(byPixel, [n, channels, height * factor, width * factor]);
}

/** How much larger each block's map becomes on the way up. */
export function upwardFactors(strides: readonly number[]): number[] {
  return strides.map((_, level) => strides.slice(1, level + 1).reduce((all, stride) => all * stride, 1));
}

/** Names of the parameters of the layers that go up, from the backbone's own place on. */
export function upwardNames(levels: number): string[] {
  return Array.from({ length: levels }, (_, level) =>
    ["0.weight", "1.weight", "1.bias"].map((name) => `deblocks.${level}.${name}`),
  ).flat();
}

/**
 * Maps [N,C,H,W] through all blocks. `ups` are their maps brought up to the first one's size, each by its
 * factor of `upwardFactors`, as `enlarged` leaves them; `deepest` is the last block's map.
 */
export function backbone(
  layer: Layer,
  x: Tensor,
  { width, strides, layers }: BackboneOptions,
): { ups: readonly Tensor[]; deepest: Tensor } {
  const factors = upwardFactors(strides);
  let map = x;
  const ups = strides.map((stride, level) => {
    const block = layer.child("blocks").child(level);
    const channels = width * 2 ** level;
    for (let at = 0; at <= layers[level]; at++) {
      map = convolution(block, at, map, channels, at === 0 ? stride : 1);
    }
    return enlarged(layer.child("deblocks").child(level), map, 2 * width, factors[level]);
  });
  return { ups, deepest: map };
}

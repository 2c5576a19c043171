/**
 * @file Task-transfer networks (TTNets) of XTasC-Net (Nakano et al. 2021, section IV-A): from one task's
 * prediction to another's. A small U-Net without normalisation, named `down.<block>.<unit>`,
 * `up.<block>.<unit>`, `last`.
 */
import { maxPool2d } from "../graph/ops/max-pool.js";
import { resizeBilinear } from "../graph/ops/resize.js";
import { concat } from "../graph/ops/shape.js";
import { relu } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { xavierNormal, zeros } from "../nn/initializers.js";
import type { Layer } from "../nn/layer.js";
import { convLayer } from "../nn/layers.js";

export interface TransferNetworkOptions {
  /** Channels of the first block; the blocks have 1, 2 and 4 times as many. The paper's is 64. */
  readonly width: number;
  /**
   * Where a block of the expansive path enlarges its maps: behind its convolutions, as the paper says, or
   * before them, as the released code does, at four times the arithmetic.
   */
  readonly enlarges: "behind" | "before";
}

const initializers = { weightInit: xavierNormal, biasInit: zeros };

/**
 * x [N,C,H,W], sides of at least 8, to [N,channels,H,W], without output activation. Three blocks of two 3x3
 * convolutions with ReLU and 2x2 max pooling; three that lead back, the second and third of which also read
 * the pooled map of their input's size; a 1x1 convolution without bias. Xavier normal weights, zero biases.
 */
export function transferNetwork(
  layer: Layer,
  x: Tensor,
  channels: number,
  { width, enlarges }: TransferNetworkOptions,
): Tensor {
  const maps = [x];
  for (const [k, count] of [width, 2 * width, 4 * width].entries()) {
    const features = convolved(layer.child("down").child(k), maps[k], count);
    maps.push(maxPool2d(features, { kernel: 2, stride: 2 }).output);
  }
  const [first, ...further] = [2 * width, width, width].map((count, k) => {
    const [, , height, columns] = maps[2 - k].shape;
    const enlarged = (map: Tensor) => resizeBilinear(map, [height, columns], { alignCorners: true });
    const place = layer.child("up").child(k);
    return enlarges === "before"
      ? (map: Tensor) => convolved(place, enlarged(map), count)
      : (map: Tensor) => enlarged(convolved(place, map, count));
  });
  const features = further.reduce((map, block, k) => block(concat([map, maps[2 - k]], 1)), first(maps[3]));
  return convLayer(layer.child("last"), features, channels, { kernel: 1, bias: false, ...initializers });
}

/** Two 3x3 convolutions, each with ReLU. */
function convolved(layer: Layer, x: Tensor, channels: number): Tensor {
  const unit = (place: Layer, map: Tensor) =>
    relu(convLayer(place, map, channels, { kernel: 3, padding: 1, ...initializers }));
  return unit(layer.child(1), unit(layer.child(0), x));
}

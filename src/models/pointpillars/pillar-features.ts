/** @file Features of pillars, and their places in a map seen from above (PointPillars, section 2.1). */
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, greater } from "../../graph/ops/compare.js";
import { scatterAdd } from "../../graph/ops/gather.js";
import { filled } from "../../graph/ops/leaf.js";
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { maxPool2d } from "../../graph/ops/max-pool.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { concat, expand, reshape, slice } from "../../graph/ops/shape.js";
import { detach, relu, sqrt } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { kaimingNormal, ones, zeros } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";

/** Of all normalisations of the network, as published. */
export const BATCH_NORM = { epsilon: 1e-3, momentum: 0.01 } as const;

/** Pillars [N,D+1,R,K] as features [N,D,R*K] of their points, and the number of each one's cell [N,1,R]. */
function partsOf(pillars: Tensor): { features: Tensor; cells: Tensor } {
  const [n, channels, rows, points] = pillars.shape;
  const last = { axes: [1], starts: [channels - 1], ends: [channels] };
  const numbers = slice(slice(pillars, last), { axes: [3], starts: [0], ends: [1] });
  const features = slice(pillars, { axes: [1], starts: [0], ends: [channels - 1] });
  return {
    features: reshape(features, [n, channels - 1, rows * points]),
    cells: reshape(numbers, [n, 1, rows]),
  };
}

/** Means [n,1,D] and covariances [n,D,D] of features over the points of pillars that are there. */
interface Moments {
  readonly mean: Tensor;
  readonly covariance: Tensor;
  /** Points, with those that pillars are padded by: [n,1,1]. */
  readonly count: Tensor;
}

/** n is 1 where the batch is one, else the samples are each by themselves. */
function momentsOf(features: Tensor, cells: Tensor, points: number, together: boolean): Moments {
  const [n, channels] = features.shape;
  const over = together ? { axes: [0], keepDims: true } : { axes: [] };
  const sumOver = (x: Tensor) => (together ? reduceSum(x, over) : x);
  const there = reduceSum(cast(greater(cells, 0), "float32"), { axes: [2], keepDims: true });
  const count = maximum(mul(sumOver(there), points), 1);
  const sums = reshape(reduceSum(features, { axes: [2] }), [n, 1, channels]);
  const mean = div(sumOver(sums), count);
  const squares = div(sumOver(matmul(features, swapLast(features))), count);
  return { mean, covariance: sub(squares, matmul(swapLast(mean), mean)), count };
}

/**
 * A linear map without bias, batch normalisation, the largest value of each pillar's points, ReLU:
 * [N,D,R*K] -> [N,width,R]. What is linear needs no pass of its own for its statistics: they follow from the
 * moments of the D features. The points that pillars are padded by are zeros and count, as published; pillars
 * that are not there do not.
 */
function pointNet(
  layer: Layer,
  features: Tensor,
  cells: Tensor,
  [rows, points]: readonly [number, number],
  width: number,
): Tensor {
  const { forward } = layer;
  const [n, channels] = features.shape;
  const weight = layer.child("linear").parameter("weight", [width, channels], kaimingNormal);
  const norm = layer.child("norm");
  const gamma = norm.parameter("weight", [width], ones);
  const beta = norm.parameter("bias", [width], zeros);
  const runningMean = norm.state("running_mean", [width], zeros);
  const runningVariance = norm.state("running_var", [width], ones);
  let mean: Tensor;
  let variance: Tensor;
  if (forward.mode === "eval") {
    mean = reshape(forward.current(runningMean), [1, width, 1]);
    variance = reshape(forward.current(runningVariance), [1, width, 1]);
  } else {
    const together = forward.statistics === "batch";
    const moments = momentsOf(features, cells, points, together);
    mean = matmul(weight, swapLast(moments.mean));
    const spread = reduceSum(mul(matmul(weight, moments.covariance), weight), { axes: [2], keepDims: true });
    variance = maximum(spread, 0);
    if (together) {
      const unbiased = mul(variance, div(moments.count, maximum(sub(moments.count, 1), 1)));
      const share = BATCH_NORM.momentum;
      const blend = (old: Tensor, fresh: Tensor) =>
        add(mul(old, 1 - share), mul(reshape(detach(fresh), [width]), share));
      forward.update(runningMean, blend(forward.current(runningMean), mean));
      forward.update(runningVariance, blend(forward.current(runningVariance), unbiased));
    }
  }
  const slope = div(reshape(gamma, [1, width, 1]), sqrt(add(variance, BATCH_NORM.epsilon)));
  const shift = sub(reshape(beta, [1, width, 1]), mul(mean, slope));
  // What is the same for all points may be added to the largest value.
  const image = reshape(matmul(mul(slope, weight), features), [n, width, rows, points]);
  const { output } = maxPool2d(image, { kernel: [1, points], stride: [1, points] });
  return relu(add(reshape(output, [n, width, rows]), shift));
}

/** Writes features [N,C,R] of pillars into maps [N,C,H,W] at the places that `cells` [N,1,R] say. */
function scattered(features: Tensor, cells: Tensor, [height, width]: readonly [number, number]): Tensor {
  const [n, channels, rows] = features.shape;
  const there = cast(greater(cells, 0), "float32");
  // What is no pillar adds nothing to the first cell.
  const places = cast(maximum(sub(cells, 1), 0), "int64");
  const empty = expand(filled(0, 3), [n, channels, height * width]);
  const map = scatterAdd(empty, expand(places, [n, channels, rows]), mul(features, there), 2);
  return reshape(map, [n, channels, height, width]);
}

/**
 * Pillars [N,D+1,frames*P,K] as maps [frames*N,width,H,W] of their features, those of the first frame first;
 * cells without a pillar are zero.
 */
export function pillarMaps(
  layer: Layer,
  pillars: Tensor,
  { frames, width, size }: { frames: number; width: number; size: readonly [number, number] },
): Tensor {
  const [, , rows, points] = pillars.shape;
  const { features, cells } = partsOf(pillars);
  const known = pointNet(layer.child("pfn_layers").child(0), features, cells, [rows, points], width);
  const each = rows / frames;
  const maps = Array.from({ length: frames }, (_, frame) => {
    const own = { axes: [2], starts: [frame * each], ends: [(frame + 1) * each] };
    return scattered(slice(known, own), slice(cells, own), size);
  });
  return concat(maps, 0);
}

/**
 * @file Normalisation by statistics of each sample: group, instance, layer, and vectors of unit length. The
 * statistics are batch normalisation's with every group as a channel of its own, so its backward pass serves
 * here too.
 */
import { graphError, sameShape, sizeOf, type Tensor } from "../tensor.js";
import { add, div, maximum, mul, sub } from "./arithmetic.js";
import { batchNormTraining, channelMoments } from "./batch-norm.js";
import { sampleAffine } from "./channel.js";
import { constant } from "./leaf.js";
import { reduceSum } from "./reduce.js";
import { expand, reshape } from "./shape.js";
import { sqrt, square } from "./unary.js";

/**
 * Group normalisation (Wu & He 2018): x [N,C,...] in `groups` groups of channels; biased variance. weight and
 * bias are [C], or [N,C] where each sample has its own. Throws GraphError where C is not a multiple of
 * `groups` or the vectors have other shapes.
 */
export function groupNorm(x: Tensor, groups: number, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const [batch, channels] = x.shape;
  if (x.shape.length < 2 || !Number.isInteger(channels / groups)) {
    graphError("groupNorm", `needs x [N,C,...] with C a multiple of ${groups} groups`, [x]);
  }
  for (const { shape } of [weight, bias]) {
    if (!sameShape(shape, [channels]) && !sameShape(shape, [batch, channels]))
      graphError("groupNorm", "weight and bias must be [C] or [N,C]", [x, weight, bias]);
  }
  const apart = reshape(x, [1, batch * groups, sizeOf(x.shape) / (batch * groups)]);
  const { mean, variance } = channelMoments(apart, epsilon);
  const perChannel = (vector: Tensor) =>
    reshape(expand(reshape(vector, [batch, groups, 1]), [batch, groups, channels / groups]), [
      batch,
      channels,
    ]);
  const scale = mul(weight, perChannel(div(1, sqrt(add(variance, epsilon)))));
  return sampleAffine(x, scale, sub(bias, mul(perChannel(mean), scale)));
}

/** Instance normalisation: each channel of each sample of x [N,C,...] by itself; weight and bias [C]. */
export function instanceNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return groupNorm(x, x.shape[1], weight, bias, epsilon);
}

/** Zero mean and unit variance within each of `groups` equal runs of x's values. */
function standardise(x: Tensor, groups: number, epsilon: number): Tensor {
  const ones = constant(new Float32Array(groups).fill(1), [groups]);
  const zeros = constant(new Float32Array(groups), [groups]);
  const rows = reshape(x, [1, groups, sizeOf(x.shape) / groups]);
  return reshape(batchNormTraining(rows, ones, zeros, { epsilon }).output, x.shape);
}

/**
 * Layer normalisation (Ba et al. 2016) over the last axes of x, those of weight's and bias's shape.
 * Throws GraphError where x does not end in that shape.
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  const rank = weight.shape.length;
  const tail = x.shape.slice(x.shape.length - rank);
  if (rank === 0 || !sameShape(weight.shape, tail) || !sameShape(bias.shape, tail)) {
    graphError("layerNorm", "weight and bias must have the shape of x's last axes", [x, weight, bias]);
  }
  const rows = sizeOf(x.shape) / sizeOf(tail);
  return add(mul(standardise(x, rows, epsilon), weight), bias);
}

/** x / max(|x|, epsilon) with the Euclidean norm along one axis; the gradient stays finite at zero. */
export function l2Normalise(x: Tensor, axis: number, epsilon = 1e-12): Tensor {
  const squared = reduceSum(square(x), { axes: [axis], keepDims: true });
  return div(x, sqrt(maximum(squared, epsilon * epsilon)));
}

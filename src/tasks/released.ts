/**
 * @file The joint-task encodings of JTR's released code (variant: released). Against the paper's eq. 4 and 5:
 * predictions enter as sampled one-hot maps, depth through a normal distribution function, normals as
 * (n + 1) / 2; reconstructions are compared by other losses than the tasks' own, divided by N+ = the number of
 * non-zero elements of the target tensor.
 */
import type { Random } from "../common/random.js";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, equal, logicalNot } from "../graph/ops/compare.js";
import { reduceMax } from "../graph/ops/reduce.js";
import { oneHot } from "../graph/ops/shape.js";
import { softmax } from "../graph/ops/softmax.js";
import { abs, detach, sigmoid, softplus } from "../graph/ops/unary.js";
import { graphError, type Tensor } from "../graph/tensor.js";
import type { DepthSpec } from "./depth.js";
import { normalCdf, sumPerSample, unitChannels } from "./masked.js";
import type { NormalsSpec } from "./normals.js";
import type { SegmentationSpec } from "./segmentation.js";
import type { JointDraw, ReleasedEncoding, ReleasedJointEncoding } from "./task.js";

/** Mean and deviation of NYUv2's depth in metres, which the released code uses for every data set. */
const DEPTH_MEAN = 2.3618;
const DEPTH_DEVIATION = 1.5876;

/** `count` draws of the standard Gumbel distribution, -ln(-ln u). Always finite. */
export function gumbelNoise(random: Random, count: number): Float32Array {
  return Float32Array.from(
    { length: count },
    () => -Math.log(Math.max(-Math.log1p(-random.uniform()), 1e-20)),
  );
}

function masked(x: Tensor, { mask }: JointDraw): Tensor {
  return mask === undefined ? x : mul(x, mask);
}

/** Σ per sample divided by the number of non-zero elements of the target (1 if none): [N]. */
function overNonZero(sum: Tensor, target: Tensor): Tensor {
  const nonZero = cast(logicalNot(equal(target, 0)), "float32");
  return div(sumPerSample(sum), maximum(sumPerSample(nonZero), 1));
}

/**
 * Straight-through Gumbel-softmax at temperature 1: the value is a one-hot sample, the gradient that of
 * softmax(logits + noise).
 */
function sampledOneHot(logits: Tensor, draw: JointDraw): Tensor {
  if (draw.noise === undefined) graphError("releasedJoint", "sampling classes needs a noise input", [logits]);
  const soft = softmax(add(logits, draw.noise), 1);
  const hard = cast(equal(soft, reduceMax(soft, { axes: [1], keepDims: true })), "float32");
  return masked(add(detach(sub(hard, soft)), soft), draw);
}

/** Share of NYUv2's depths that are smaller, by a normal distribution of its mean and deviation: metres -> [0, 1]. */
export function depthShare(metres: Tensor): Tensor {
  return normalCdf(metres, DEPTH_MEAN, DEPTH_DEVIATION);
}

/**
 * Segmentation: predictions as a straight-through Gumbel one-hot sample (with noise) or softmax (without),
 * times the mask; labels one-hot. Reconstruction: Σ binary cross-entropy with logits · M / N+.
 */
export const releasedSegmentation: ReleasedJointEncoding<SegmentationSpec> = {
  noiseChannels: (spec) => spec.classes.length,
  encodePrediction: (prediction, _spec, draw = {}) =>
    draw.noise === undefined ? masked(softmax(prediction, 1), draw) : sampledOneHot(prediction, draw),
  encodeLabel: (label, valid, spec) => mul(oneHot(label, spec.classes.length), valid),
  predictionTarget: (prediction, _encoded, _spec, draw) => sampledOneHot(prediction, draw),
  labelTarget: (label, valid, spec) => mul(oneHot(label, spec.classes.length), valid),
  substituteTarget: (prediction, _spec, draw) => sampledOneHot(prediction, draw),
  // -[t ln σ(x) + (1 - t) ln(1 - σ(x))] = softplus(x) - t·x
  reconstructionLoss: (output, target, valid) =>
    overNonZero(mul(sub(softplus(output), mul(target, output)), valid), target),
};

/**
 * Depth: Φ((metres·M - 2.3618) / 1.5876), so that a masked pixel enters as 0.0684.
 * Reconstruction: Σ|s - Φ(target)|·M / N+ with s = (sigmoid(output) - 0.5)(1 - 1e-5) + 0.5; the target of the
 * prediction stack is already encoded and passes Φ a second time.
 */
export const releasedDepth: ReleasedJointEncoding<DepthSpec> = {
  noiseChannels: () => 0,
  encodePrediction: (prediction, _spec, draw = {}) => depthShare(masked(prediction, draw)),
  encodeLabel: (label, valid) => depthShare(mul(label, valid)),
  predictionTarget: (_prediction, encoded) => encoded,
  labelTarget: (label, valid) => mul(label, valid),
  substituteTarget: (prediction) => prediction,
  reconstructionLoss: (output, target, valid) => {
    const share = add(mul(sub(sigmoid(output), 0.5), 1 - 1e-5), 0.5);
    return overNonZero(mul(abs(sub(share, depthShare(target))), valid), target);
  },
};

/**
 * Depth in MTPSL's pair-wise spaces: divided by the sample's largest value (plus 1e-12), through which gradients flow too; invalid pixels of
 * labels are 0. Segmentation and normals enter them as they enter JTR's.
 */
export const releasedPairDepth: ReleasedEncoding<DepthSpec> = {
  noiseChannels: () => 0,
  encodePrediction: (prediction, _spec, draw = {}) => overMaximum(masked(prediction, draw)),
  encodeLabel: (label, valid) => overMaximum(mul(label, valid)),
};

function overMaximum(x: Tensor): Tensor {
  return div(x, add(reduceMax(x, { axes: [1, 2, 3], keepDims: true }), 1e-12));
}

/**
 * Normals: (n·M + 1) / 2, so that a masked pixel enters as 0.5.
 * Reconstruction: 1 - Σ (output/|output|)·target·M / N+. N+ counts components, so the term is at best about
 * 2/3; the target of the prediction stack lies in [0, 1], all others in [-1, 1].
 */
export const releasedNormals: ReleasedJointEncoding<NormalsSpec> = {
  noiseChannels: () => 0,
  encodePrediction: (prediction, _spec, draw = {}) => halved(masked(prediction, draw)),
  encodeLabel: (label, valid) => halved(mul(label, valid)),
  predictionTarget: (_prediction, encoded) => encoded,
  labelTarget: (label, valid) => mul(label, valid),
  substituteTarget: (prediction) => prediction,
  reconstructionLoss: (output, target, valid) =>
    sub(1, overNonZero(mul(mul(unitChannels(output), target), valid), target)),
};

function halved(unit: Tensor): Tensor {
  return mul(add(unit, 1), 0.5);
}

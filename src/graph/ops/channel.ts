/**
 * @file Per-channel operators on [N,C,...]: affine map, sum and dot product. Batch normalisation is composed of them, and since each
 * one's gradient is made of the other two, so is its backward pass: dx = A dy + B x + C with A, B, C per channel.
 */
import {
  apply,
  defineOperator,
  graphError,
  type Operator,
  type Shape,
  sizeOf,
  type Tensor,
} from "../tensor.js";
import { add, div, mul, sub } from "./arithmetic.js";
import { constant, constantData } from "./leaf.js";
import { sqrt } from "./unary.js";

function perChannel(shape: Shape): number[] {
  return [1, shape[1], ...shape.slice(2).map(() => 1)];
}

function checkChannels(name: string, x: Tensor, others: readonly Tensor[]): void {
  if (
    x.shape.length < 2 ||
    others.some((other) => other.shape.length !== 1 || other.shape[0] !== x.shape[1])
  ) {
    graphError(name, "needs x [N,C,...] and vectors [C]", [x, ...others]);
  }
}

export const ChannelAffine = defineOperator({
  name: "ChannelAffine",
  infer: ([x, scale, shift]) => {
    checkChannels("channelAffine", x, [scale, shift]);
    return [{ shape: x.shape, dtype: "float32" }];
  },
  gradient: ({ inputs: [x, scale], grad, needs }) => [
    needs(0) ? channelAffine(grad, scale, zeros(x.shape[1])) : null,
    needs(1) ? channelDot(grad, x) : null,
    needs(2) ? channelSum(grad) : null,
  ],
  lower: ({ names: [x, scale, shift], inputs, emit, reshape }) => {
    const shape = perChannel(inputs[0].shape);
    const scaled = isAll(inputs[1], 1) ? x : emit("Mul", [x, reshape(scale, shape)]);
    return [isAll(inputs[2], 0) ? scaled : emit("Add", [scaled, reshape(shift, shape)])];
  },
});

export const ChannelSum = defineOperator({
  name: "ChannelSum",
  infer: ([x]) => {
    checkChannels("channelSum", x, []);
    return [{ shape: [x.shape[1]], dtype: "float32" }];
  },
  gradient: ({ inputs: [x], grad }) => [channelExpand(grad, x.shape)],
  lower: ({ names, inputs: [x], emit, ints }) => [
    emit("ReduceSum", [names[0], ints(x.shape.flatMap((_, i) => (i === 1 ? [] : [i])))], { keepdims: 0 }),
  ],
});

export const ChannelDot = defineOperator({
  name: "ChannelDot",
  infer: ([a, b]) => {
    checkChannels("channelDot", a, []);
    if (String(a.shape) !== String(b.shape))
      graphError("channelDot", "needs two tensors of one shape", [a, b]);
    return [{ shape: [a.shape[1]], dtype: "float32" }];
  },
  gradient: ({ inputs: [a, b], grad, needs }) => {
    const none = zeros(a.shape[1]);
    if (a === b) return [channelAffine(a, mul(grad, 2), none), null];
    return [needs(0) ? channelAffine(b, grad, none) : null, needs(1) ? channelAffine(a, grad, none) : null];
  },
  lower: ({ names, inputs: [a], emit, ints }) => [
    emit("ReduceSum", [emit("Mul", names), ints(a.shape.flatMap((_, i) => (i === 1 ? [] : [i])))], {
      keepdims: 0,
    }),
  ],
});

/** A vector [C] repeated over an image [N,C,...]: the adjoint of ChannelSum. Simplification folds it into an affine map it is added to. */
export const ChannelExpand: Operator<{ shape: Shape }> = defineOperator<{ shape: Shape }>({
  name: "ChannelExpand",
  infer: ([vector], { shape }) => {
    if (vector.shape.length !== 1 || vector.shape[0] !== shape[1])
      graphError("channelExpand", `needs [C] for [${shape}]`, [vector]);
    return [{ shape, dtype: "float32" }];
  },
  gradient: ({ grad }) => [channelSum(grad)],
  lower: ({ names, attributes: { shape }, emit, reshape, ints }) => [
    emit("Expand", [reshape(names[0], perChannel(shape)), ints(shape)]),
  ],
});

/** vector [C] repeated over `shape` [N,C,...]. Throws GraphError where the channels differ. */
export function channelExpand(vector: Tensor, shape: Shape): Tensor {
  return apply(ChannelExpand, [vector], { shape: [...shape] });
}

/** Whether a vector is a constant of one value: gradients of affine maps have no shift, and a pass over the image would add zeros. */
export function isAll(vector: Tensor, value: number): boolean {
  const data = constantData(vector);
  return data !== null && Array.prototype.every.call(data, (entry) => entry === value);
}

function zeros(count: number): Tensor {
  return constant(new Float32Array(count), [count]);
}

/** x [N,C,...] times scale [C] plus shift [C]. Throws GraphError on other shapes; so do the others here. */
export function channelAffine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  return apply(ChannelAffine, [x, scale, shift], {});
}

/** Sum of x [N,C,...] over all but the channels: [C]. */
export function channelSum(x: Tensor): Tensor {
  return apply(ChannelSum, [x], {});
}

/** Sum of a b over all but the channels: [C]. */
export function channelDot(a: Tensor, b: Tensor): Tensor {
  return apply(ChannelDot, [a, b], {});
}

export interface BatchNormResult {
  readonly output: Tensor;
  /** Batch mean [C] and biased batch variance [C]. */
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Batch normalisation with the batch's own statistics: x [N,C,...], weight and bias [C].
 * The variance is taken about the mean, so that it keeps its digits where |mean| is much larger than the deviation. Where the
 * caller knows the mean to be small against the deviation (`centred`), E[x²] - E[x]² saves one pass over the tensor.
 * Differentiable in x, weight and bias, any number of times.
 */
export function batchNormTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5, centred = false }: { epsilon?: number; centred?: boolean } = {},
): BatchNormResult {
  checkChannels("batchNorm", x, [weight, bias]);
  const count = sizeOf(x.shape) / x.shape[1];
  const mean = mul(channelSum(x), 1 / count);
  if (centred) {
    const variance = sub(mul(channelDot(x, x), 1 / count), mul(mean, mean));
    const scale = mul(weight, inverseRoot(variance, epsilon));
    return { output: channelAffine(x, scale, sub(bias, mul(mean, scale))), mean, variance };
  }
  const ones = constant(new Float32Array(x.shape[1]).fill(1), [x.shape[1]]);
  const deviation = channelAffine(x, ones, sub(0, mean));
  const variance = mul(channelDot(deviation, deviation), 1 / count);
  return {
    output: channelAffine(deviation, mul(weight, inverseRoot(variance, epsilon)), bias),
    mean,
    variance,
  };
}

/** Batch normalisation with given statistics (inference): x [N,C,...], the rest [C]. */
export function batchNormInference(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  const scale = mul(weight, inverseRoot(variance, epsilon));
  return channelAffine(x, scale, sub(bias, mul(mean, scale)));
}

function inverseRoot(variance: Tensor, epsilon: number): Tensor {
  return div(1, sqrt(add(variance, epsilon)));
}

/**
 * @file Per-channel operators on [N,C,...]: affine map, sum and dot product. Each one's gradient is made of
 * the other two.
 */
import { apply, defineOperator, graphError, type Operator, type Shape, type Tensor } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { constant, constantData } from "./leaf.js";
import { expand, reshape } from "./shape.js";

/** The shape that broadcasts a vector [C] over an image of this shape [N,C,...]. */
export function perChannel(shape: Shape): number[] {
  return [1, shape[1], ...shape.slice(2).map(() => 1)];
}

/** Throws GraphError unless x is [N,C,...] and the others are [C]. */
export function checkChannels(name: string, x: Tensor, others: readonly Tensor[]): void {
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

/**
 * A vector [C] repeated over an image [N,C,...]: the adjoint of ChannelSum. Simplification folds it into an
 * affine map it is added to.
 */
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

/**
 * Whether a vector is a constant of one value: gradients of affine maps have no shift, and a pass over the
 * image would add zeros.
 */
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

/** x [N,C,...] times scale plus shift, each [N,C] or [C]: an affine map of each sample's channels. */
export function sampleAffine(x: Tensor, scale: Tensor, shift: Tensor): Tensor {
  const [batch, channels, ...rest] = x.shape;
  const flat = (vectors: Tensor) => reshape(expand(vectors, [batch, channels]), [batch * channels]);
  const apart = reshape(x, [1, batch * channels, ...rest]);
  return reshape(channelAffine(apart, flat(scale), flat(shift)), x.shape);
}

/** Sum of x [N,C,...] over all but the channels: [C]. */
export function channelSum(x: Tensor): Tensor {
  return apply(ChannelSum, [x], {});
}

/** Sum of a b over all but the channels: [C]. */
export function channelDot(a: Tensor, b: Tensor): Tensor {
  return apply(ChannelDot, [a, b], {});
}

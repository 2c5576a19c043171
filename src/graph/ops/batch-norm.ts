/**
 * @file Batch normalisation, composed of per-channel operators; so is its backward pass: dx = A dy + B x + C
 * with A, B, C per channel.
 */
import { applyMany, defineOperator, type Operator, sizeOf, type Tensor } from "../tensor.js";
import { add, div, mul, sub } from "./arithmetic.js";
import { channelAffine, channelExpand, checkChannels, perChannel } from "./channel.js";
import { sqrt } from "./unary.js";

/** What a variance is added to before anything is divided by it: below this, its digits do not matter. */
export type MomentsAttributes = { readonly epsilon: number };

/**
 * Mean and biased variance of x [N,C,...] over all but the channels: two outputs [C].
 * Both keep their digits however large |mean| is against the deviation: what is summed are deviations from a
 * first estimate of the mean, which also correct that estimate. The variance is never negative.
 */
export const ChannelMoments: Operator<MomentsAttributes> = defineOperator<MomentsAttributes>({
  name: "ChannelMoments",
  infer: ([x]) => {
    checkChannels("channelMoments", x, []);
    const vector = { shape: [x.shape[1]], dtype: "float32" } as const;
    return [vector, vector];
  },
  gradient: ({ inputs: [x], outputs: [mean], outputGradients: [byMean, byVariance] }) => {
    const share = x.shape[1] / sizeOf(x.shape);
    const constantPart = byMean === null ? null : mul(byMean, share);
    if (byVariance === null) return [constantPart === null ? null : channelExpand(constantPart, x.shape)];
    const slope = mul(byVariance, 2 * share);
    const centre = mul(mean, slope);
    const shift = constantPart === null ? sub(0, centre) : sub(constantPart, centre);
    return [channelAffine(x, slope, shift)];
  },
  lower: ({ names: [x], inputs: [{ shape }], emit, ints, scalar, reshape }) => {
    const axes = ints(shape.flatMap((_, i) => (i === 1 ? [] : [i])));
    const share = scalar(shape[1] / sizeOf(shape));
    const average = (op: "ReduceSum" | "ReduceSumSquare", name: string) =>
      emit("Mul", [emit(op, [name, axes], { keepdims: 0 }), share]);
    const estimate = average("ReduceSum", x);
    const deviation = emit("Sub", [x, reshape(estimate, perChannel(shape))]);
    const correction = average("ReduceSum", deviation);
    const spread = emit("Sub", [
      average("ReduceSumSquare", deviation),
      emit("Mul", [correction, correction]),
    ]);
    return [emit("Add", [estimate, correction]), emit("Max", [spread, scalar(0)])];
  },
});

export interface Moments {
  readonly mean: Tensor;
  readonly variance: Tensor;
}

/**
 * Mean and biased variance [C] of x [N,C,...] over all but the channels. `epsilon` is what will be added to
 * the variance.
 */
export function channelMoments(x: Tensor, epsilon: number): Moments {
  const [mean, variance] = applyMany(ChannelMoments, [x], { epsilon });
  return { mean, variance };
}

/** The output, and the statistics it was made by. */
export interface BatchNormResult extends Moments {
  readonly output: Tensor;
}

/**
 * Batch normalisation with the batch's own statistics: x [N,C,...], weight and bias [C].
 * Differentiable in x, weight and bias, any number of times.
 */
export function batchNormTraining(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5 }: { epsilon?: number } = {},
): BatchNormResult {
  checkChannels("batchNorm", x, [weight, bias]);
  const { mean, variance } = channelMoments(x, epsilon);
  return { output: batchNormInference(x, weight, bias, mean, variance, epsilon), mean, variance };
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
  const scale = mul(weight, div(1, sqrt(add(variance, epsilon))));
  return channelAffine(x, scale, sub(bias, mul(mean, scale)));
}

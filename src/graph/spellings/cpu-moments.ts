/**
 * @file Mean and variance of channels on the CPU provider. E[x²] - E[x]² takes one pass less over the image
 * than deviations from the mean, 2 to 4 % of a training step, and is as accurate where |mean| is not large
 * against the deviation. Whether it is, the values themselves tell: an `If` takes the longer way where some
 * channel needs it.
 */
import type { NodeWriter } from "../emitter.js";
import type { LowerContext } from "../lowering.js";
import { ChannelMoments, type MomentsAttributes } from "../ops/batch-norm.js";
import { perChannel } from "../ops/channel.js";
import { sizeOf, type TensorType } from "../tensor.js";
import { blockedAffine } from "./blocked.js";
import { imageForm, planeSums } from "./cpu-elementwise.js";
import type { Spelling, SpellingTable } from "./index.js";

/**
 * The largest mean²/(variance + epsilon) that the short way is good for: it costs the variance at most this
 * many times its rounding error.
 */
const NEAR = 4;

const channelMoments: Spelling = (context: LowerContext<MomentsAttributes>) => {
  const { attributes, inputs, target, emit, emitIf, scalar } = context;
  const [x] = inputs;
  const channels = x.shape[1];
  const share = scalar(channels / sizeOf(x.shape));
  const form = imageForm(context, x);
  const averages = (writer: NodeWriter, node: "ReduceSum" | "ReduceSumSquare", name: string) => {
    const { emit, ints, reshape } = writer;
    return emit("Mul", [planeSums({ inputs, target, emit, ints, reshape }, node, { ...form, name }), share]);
  };

  const estimate = averages(context, "ReduceSum", form.name);
  const squared = emit("Mul", [estimate, estimate]);
  const near = emit("Sub", [averages(context, "ReduceSumSquare", form.name), squared]);
  const excess = emit("Sub", [squared, emit("Mul", [near, scalar(NEAR)])]);
  const far = emit("Greater", [
    emit("ReduceMax", [excess], { keepdims: 0 }),
    scalar(NEAR * attributes.epsilon),
  ]);
  const vector: TensorType = { shape: [channels], dtype: "float32" };
  const aboutEstimate = (writer: NodeWriter) => {
    const deviation = form.blocked
      ? blockedAffine(writer, form.name, channels, ones(writer, channels), {
          shift: writer.emit("Neg", [estimate]),
        })
      : writer.emit("Sub", [form.name, writer.reshape(estimate, perChannel(x.shape))]);
    const correction = averages(writer, "ReduceSum", deviation);
    const spread = averages(writer, "ReduceSumSquare", deviation);
    return [
      writer.emit("Add", [estimate, correction]),
      writer.emit("Sub", [spread, writer.emit("Mul", [correction, correction])]),
    ];
  };
  const [mean, variance] = emitIf(far, [vector, vector], aboutEstimate, [estimate, near]);
  return [mean, emit("Max", [variance, scalar(0)])];
};

function ones({ constant }: NodeWriter, count: number): string {
  return constant(new Float32Array(count).fill(1), [count]);
}

export const cpuMoments: SpellingTable = { [ChannelMoments.name]: channelMoments };

/** @file Elementwise and per-channel operators on the CPU provider, where the obvious node is not the fastest. */
import { ChannelDot, ChannelSum } from "../ops/channel.js";
import { ReluGrad } from "../ops/unary.js";
import { sizeOf } from "../tensor.js";
import type { Spelling, SpellingTable } from "./index.js";

/** A steep HardSigmoid makes the mask in one vectorised pass: 2.9 ms where Where takes 6.6 (4x64x96x128). */
const reluGrad: Spelling = ({ names: [y, grad], emit }) => [
  emit("Mul", [grad, emit("HardSigmoid", [y], { alpha: { float: 1e38 }, beta: { float: 0 } })]),
];

/** Reduced plane by plane, then over samples: ONNX Runtime's fast path wants the reduced axis last. */
function planeSums(context: Parameters<Spelling>[0], node: "ReduceSum" | "ReduceSumSquare", name: string): string {
  const { inputs, emit, ints, reshape } = context;
  const [n, c, ...rest] = inputs[0].shape;
  const planes = emit(node, [reshape(name, [n * c, sizeOf(rest)]), ints([1])], { keepdims: 0 });
  return n === 1 ? planes : emit("ReduceSum", [reshape(planes, [n, c]), ints([0])], { keepdims: 0 });
}

const channelSum: Spelling = (context) => [planeSums(context, "ReduceSum", context.names[0])];

const channelDot: Spelling = (context) => {
  const [a, b] = context.names;
  return [a === b ? planeSums(context, "ReduceSumSquare", a) : planeSums(context, "ReduceSum", context.emit("Mul", [a, b]))];
};

export const cpuElementwise: SpellingTable = {
  [ReluGrad.name]: reluGrad,
  [ChannelSum.name]: channelSum,
  [ChannelDot.name]: channelDot,
};

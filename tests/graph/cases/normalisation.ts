import * as g from "../../../src/graph/index.js";
import { type OperatorCase, uniform, whole } from "../../helpers/operator-case.js";

const wide = (shape: g.Shape) => uniform(shape, -2, 2);

export const normalisationCases: OperatorCase[] = [
  ...[1, -1].flatMap((axis): OperatorCase[] => [
    {
      name: `Softmax along axis ${axis}`,
      covers: ["Softmax"],
      inputs: { x: wide([2, 3, 4]) },
      build: ({ x }) => g.softmax(x, axis),
    },
    {
      name: `LogSoftmax along axis ${axis}`,
      covers: ["LogSoftmax"],
      inputs: { x: wide([2, 3, 4]) },
      build: ({ x }) => g.logSoftmax(x, axis),
    },
  ]),
  {
    name: "ChannelAffine, ChannelSum and ChannelDot",
    covers: ["ChannelAffine", "ChannelSum", "ChannelDot"],
    inputs: { x: uniform([2, 3, 2, 2]), y: uniform([2, 3, 2, 2]) },
    build: ({ x, y }) => g.channelAffine(x, g.channelDot(x, y), g.square(g.channelSum(y))),
  },
  {
    name: "ChannelExpand",
    covers: ["ChannelExpand"],
    inputs: { vector: uniform([3]), x: uniform([2, 3, 2, 2]) },
    build: ({ vector, x }) => g.mul(g.channelExpand(vector, [2, 3, 2, 2]), x),
  },
  {
    // On CPUs with blocked kernels everything between the convolutions works on the blocked form.
    name: "convolution, normalisation, ReLU, sum and convolution over whole blocks of channels",
    covers: ["Conv2d", "ChannelAffine", "ChannelMoments", "Relu"],
    inputs: {
      x: uniform([2, 16, 4, 4]),
      first: uniform([32, 16, 3, 3]),
      second: uniform([16, 32, 3, 3]),
      weight: uniform([32], 0.5, 1.5),
      // Biases this large keep every ReLU away from its kink.
      bias: uniform([32], 4, 5),
    },
    order: 1,
    untied: true,
    cpuOnly: true,
    build: ({ x, first, second, weight, bias }) => {
      const y = g.conv2d(x, first, { padding: 1 });
      const normalised = g.relu(g.batchNormTraining(y, weight, bias).output);
      const sum = g.add(normalised, g.channelAffine(y, weight, bias));
      return g.mul(g.conv2d(sum, second, { padding: 1 }), x);
    },
  },
  {
    // Zeros and ones are left out of what is written, other constants are not.
    name: "affine maps by constants between convolutions over whole blocks of channels",
    covers: ["ChannelAffine"],
    inputs: { x: uniform([1, 16, 3, 4]), w: uniform([16, 16, 3, 3], -0.3, 0.3) },
    cpuOnly: true,
    build: ({ x, w }) => {
      const y = g.conv2d(x, w, { padding: 1 });
      const all = (value: number) => g.constant(new Float32Array(16).fill(value), [16]);
      const maps = [0, 1, 0.5].flatMap((scale) =>
        [0, 1, -0.5].map((shift) => g.square(g.channelAffine(y, all(scale), all(shift)))),
      );
      return g.mul(g.conv2d(maps.reduce(g.add), w, { padding: 1 }), 0.1);
    },
  },
  {
    name: "batchNormTraining",
    covers: ["ChannelMoments", "ChannelAffine"],
    inputs: { x: wide([3, 2, 2, 3]), w: uniform([2]), b: uniform([2]) },
    build: ({ x, w, b }) => g.batchNormTraining(x, w, b).output,
  },
  {
    // 20 deviations: the CPU's spelling takes its other branch.
    name: "batchNormTraining of input far from zero",
    covers: ["ChannelMoments"],
    inputs: { x: uniform([3, 2, 5], 20, 24), w: uniform([2]), b: uniform([2]) },
    build: ({ x, w, b }) => g.batchNormTraining(x, w, b).output,
  },
  {
    name: "mean and variance of channels",
    covers: ["ChannelMoments"],
    inputs: { x: wide([2, 3, 4]) },
    build: ({ x }) => {
      const { mean, variance } = g.batchNormTraining(
        x,
        g.constant([1, 1, 1], [3]),
        g.constant([0, 0, 0], [3]),
      );
      return g.mul(g.square(mean), variance);
    },
  },
  {
    name: "batchNormInference",
    covers: ["ChannelAffine"],
    inputs: {
      x: wide([2, 2, 3]),
      w: uniform([2]),
      b: uniform([2]),
      m: uniform([2]),
      v: uniform([2], 0.5, 2),
    },
    build: ({ x, w, b, m, v }) => g.batchNormInference(x, w, b, m, v),
  },
  {
    name: "groupNorm",
    covers: ["ChannelAffine"],
    inputs: { x: wide([2, 4, 2, 3]), w: uniform([4]), b: uniform([4]) },
    build: ({ x, w, b }) => g.groupNorm(x, 2, w, b),
  },
  {
    name: "instanceNorm",
    covers: ["ChannelAffine"],
    inputs: { x: wide([2, 2, 3, 3]), w: uniform([2]), b: uniform([2]) },
    build: ({ x, w, b }) => g.instanceNorm(x, w, b),
  },
  {
    name: "layerNorm over two axes",
    covers: ["ChannelAffine"],
    inputs: { x: wide([3, 2, 4]), w: uniform([2, 4]), b: uniform([2, 4]) },
    build: ({ x, w, b }) => g.layerNorm(x, w, b),
  },
  {
    name: "l2Normalise",
    covers: ["Div", "Max"],
    inputs: { x: uniform([2, 3, 2], 0.3, 1.5) },
    build: ({ x }) => g.l2Normalise(x, 1),
  },
  {
    name: "dropout of channels",
    covers: ["Mul"],
    inputs: { x: uniform([2, 3, 2]), mask: whole([2, 3, 1], 2, "float32") },
    build: ({ x, mask }) => g.dropout(g.square(x), mask, 0.25),
  },
];

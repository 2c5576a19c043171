import * as g from "../../../src/graph/index.js";
import { type OperatorCase, uniform } from "../../helpers/operator-case.js";

const covers = ["Conv2d", "Conv2dInputGrad", "Conv2dFilterGrad"];

function conv(name: string, x: g.Shape, w: g.Shape, options: g.ConvOptions, bias = false): OperatorCase {
  const inputs = { x: uniform(x), w: uniform(w), ...(bias ? { b: uniform([w[0]]) } : {}) };
  return {
    name: `conv2d ${name}`,
    covers,
    inputs,
    build: ({ x, w, b }) => g.conv2d(x, w, { ...options, bias: b }),
  };
}

function transposed(
  name: string,
  x: g.Shape,
  w: g.Shape,
  options: Parameters<typeof g.convTranspose2d>[2],
): OperatorCase {
  const inputs = { x: uniform(x), w: uniform(w) };
  return {
    name: `convTranspose2d ${name}`,
    covers,
    inputs,
    build: ({ x, w }) => g.convTranspose2d(x, w, options),
  };
}

export const convolutionCases: OperatorCase[] = [
  conv("3x3 same", [2, 3, 5, 4], [4, 3, 3, 3], { padding: 1 }),
  conv("with bias", [1, 2, 4, 5], [3, 2, 3, 3], {}, true),
  conv("1x1", [2, 3, 3, 4], [2, 3, 1, 1], {}),
  conv("1x1 with stride 2", [1, 3, 5, 6], [2, 3, 1, 1], { stride: 2 }),
  conv("stride 2 on odd and even sizes", [1, 2, 7, 6], [3, 2, 3, 3], { stride: 2, padding: 1 }),
  conv("stride [3,2] that leaves a tail", [1, 1, 9, 8], [2, 1, 2, 3], { stride: [3, 2] }),
  conv("dilation [2,3]", [1, 2, 8, 9], [2, 2, 3, 3], { dilation: [2, 3], padding: [2, 3] }),
  conv("dilation 2 with stride 2", [1, 2, 9, 7], [2, 2, 3, 2], { dilation: 2, stride: 2, padding: 1 }),
  conv("groups", [2, 4, 5, 5], [6, 2, 3, 3], { groups: 2, padding: 1 }),
  conv("depthwise with stride", [1, 3, 6, 5], [3, 1, 3, 3], { groups: 3, padding: 1, stride: 2 }),
  conv("uneven padding and an even window", [1, 2, 5, 4], [2, 2, 2, 4], { padding: [0, 1, 1, 2] }),
  transposed("stride 2", [1, 3, 3, 4], [3, 2, 2, 2], { stride: 2 }),
  transposed("stride 2 with padding and output padding", [2, 2, 3, 3], [2, 3, 3, 3], {
    stride: 2,
    padding: 1,
    outputPadding: [1, 0],
  }),
  transposed("groups and dilation", [1, 4, 3, 4], [4, 1, 3, 3], { groups: 2, dilation: 2, padding: 1 }),
  ...[
    conv("blocks of channels", [1, 16, 4, 5], [32, 16, 3, 3], { padding: 1 }),
    conv(
      "blocks of channels to a part of one, with bias",
      [1, 16, 4, 5],
      [5, 16, 3, 3],
      { padding: 1 },
      true,
    ),
    conv("a part of a block to blocks", [1, 3, 5, 4], [16, 3, 3, 3], { padding: 1 }),
    conv("blocks with stride 2 and dilation 2", [1, 16, 7, 6], [16, 16, 3, 2], {
      stride: 2,
      dilation: 2,
      padding: 2,
    }),
    conv("blocks, 1x1", [2, 32, 3, 3], [16, 32, 1, 1], {}, true),
    transposed("blocks, stride 2", [1, 16, 3, 3], [16, 16, 2, 2], { stride: 2 }),
  ].map((operatorCase) => ({ ...operatorCase, cpuOnly: true })),
  {
    name: "MatMul of batches with broadcasting",
    covers: ["MatMul"],
    inputs: { a: uniform([2, 1, 3, 4]), b: uniform([5, 4, 2]) },
    build: ({ a, b }) => g.matmul(a, b),
  },
  {
    name: "MatMul of matrices",
    covers: ["MatMul"],
    inputs: { a: uniform([3, 4]), b: uniform([5, 4]) },
    build: ({ a, b }) => g.matmul(a, g.swapLast(b)),
  },
];

import * as g from "../../../src/graph/index.js";
import { distinct, type OperatorCase, uniform } from "../../helpers/operator-case.js";

function maxPool(name: string, shape: g.Shape, options: g.PoolOptions): OperatorCase {
  return {
    name: `maxPool2d ${name}`,
    covers: ["MaxPool2d", "MaxUnpool2d"],
    inputs: { x: distinct(shape) },
    build: ({ x }) => g.maxPool2d(x, options).output,
  };
}

function averagePool(name: string, shape: g.Shape, options: g.AveragePoolOptions): OperatorCase {
  return {
    name: `averagePool2d ${name}`,
    covers: ["AveragePool2d", "AverageUnpool2d"],
    inputs: { x: uniform(shape) },
    build: ({ x }) => g.averagePool2d(x, options),
  };
}

export const poolingCases: OperatorCase[] = [
  maxPool("2x2", [2, 2, 4, 6], { kernel: 2 }),
  maxPool("2x2 with rows left over", [1, 2, 5, 7], { kernel: 2 }),
  maxPool("3x3 with stride 2 and padding (overlapping)", [1, 2, 7, 6], { kernel: 3, stride: 2, padding: 1 }),
  maxPool("[1,2] with stride [2,3] (gaps)", [1, 1, 5, 8], { kernel: [1, 2], stride: [2, 3] }),
  {
    name: "maxUnpool2d of other values at a pool's indices",
    covers: ["MaxUnpool2d", "MaxPoolGather"],
    inputs: { x: distinct([2, 2, 4, 6]), v: uniform([2, 2, 2, 3]) },
    build: ({ x, v }) => g.maxUnpool2d(v, g.maxPool2d(x, { kernel: 2 }).indices),
  },
  {
    name: "maxUnpool2d of overlapping windows",
    covers: ["MaxUnpool2d", "MaxPoolGather"],
    inputs: { x: distinct([1, 2, 5, 5]), v: uniform([1, 2, 3, 3]) },
    build: ({ x, v }) => {
      const { output, indices } = g.maxPool2d(x, { kernel: 3, stride: 2, padding: 1 });
      return g.maxUnpool2d(g.mul(v, output), indices);
    },
  },
  averagePool("2x2", [2, 2, 4, 6], { kernel: 2 }),
  averagePool("3x3, stride 2, padding counted", [1, 2, 7, 6], { kernel: 3, stride: 2, padding: 1 }),
  averagePool("3x3, stride 2, padding not counted", [1, 2, 7, 6], {
    kernel: 3,
    stride: 2,
    padding: 1,
    countPadding: false,
  }),
  averagePool("3x3, stride 1", [1, 2, 4, 5], { kernel: 3, stride: 1, padding: 1, countPadding: false }),
  averagePool("[3,2], stride 1, without padding", [1, 1, 4, 5], { kernel: [3, 2], stride: 1 }),
  averagePool("[2,3] with rows left over", [1, 2, 5, 7], { kernel: [2, 3] }),
  {
    name: "globalAveragePool2d and globalMaxPool2d",
    covers: ["ReduceSum", "ReduceMax"],
    inputs: { x: distinct([2, 3, 3, 2]) },
    build: ({ x }) => g.mul(g.globalAveragePool2d(x), g.globalMaxPool2d(x)),
  },
];

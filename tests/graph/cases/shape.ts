import * as g from "../../../src/graph/index.js";
import { distinct, type OperatorCase, uniform, whole } from "../../helpers/operator-case.js";

export const shapeCases: OperatorCase[] = [
  {
    name: "ReduceSum over inner axes",
    covers: ["ReduceSum"],
    inputs: { x: uniform([2, 3, 4]) },
    build: ({ x }) => g.reduceSum(x, { axes: [0, -1] }),
  },
  {
    name: "reduceMean of everything",
    covers: ["ReduceSum"],
    inputs: { x: uniform([2, 3]) },
    build: ({ x }) => g.reduceMean(x),
  },
  {
    name: "ReduceMax and ReduceMin",
    covers: ["ReduceMax", "ReduceMin"],
    inputs: { x: distinct([2, 3, 4]) },
    build: ({ x }) =>
      g.mul(g.reduceMax(x, { axes: [1], keepDims: true }), g.reduceMin(g.square(g.add(x, 3)), { axes: [0] })),
  },
  {
    name: "Reshape and Transpose",
    covers: ["Reshape", "Transpose"],
    inputs: { x: uniform([2, 3, 4]) },
    build: ({ x }) => g.reshape(g.transpose(x, [2, 0, 1]), [4, -1]),
  },
  {
    name: "Expand along inner and new axes",
    covers: ["Expand"],
    inputs: { x: uniform([3, 1]) },
    build: ({ x }) => g.expand(x, [2, 3, 4]),
  },
  {
    name: "Slice with steps that leave a tail",
    covers: ["Slice"],
    inputs: { x: uniform([7, 5]) },
    build: ({ x }) => g.slice(x, { axes: [0, 1], starts: [1, -4], ends: [6, 5], steps: [3, 2] }),
  },
  {
    name: "Slice with a step that overshoots the end",
    covers: ["Slice"],
    inputs: { x: uniform([5, 2]) },
    build: ({ x }) => g.slice(x, { axes: [0], starts: [0], ends: [5], steps: [4] }),
  },
  {
    name: "Pad",
    covers: ["Pad"],
    inputs: { x: uniform([2, 3]) },
    build: ({ x }) => g.pad(x, [1, 0], [0, 2], 0.5),
  },
  {
    name: "Concat and stack",
    covers: ["Concat"],
    inputs: { a: uniform([2, 2]), b: uniform([2, 3]) },
    build: ({ a, b }) => {
      const joined = g.concat([g.square(a), b, a], 1);
      return g.stack([joined, g.square(joined)], 1);
    },
  },
  {
    name: "Gather along the middle axis by a matrix of int32 indices",
    covers: ["Gather", "ScatterAdd"],
    inputs: { x: uniform([2, 4, 3]), i: whole([2, 3], 4, "int32") },
    build: ({ x, i }) => g.gather(x, i, 1),
  },
  {
    name: "Gather by one int64 index",
    covers: ["Gather"],
    inputs: { x: uniform([2, 4]), i: whole([], 4) },
    build: ({ x, i }) => g.gather(x, i, 1),
    // Its gradient expands the indices, which WebGPU has for int32 alone.
    fallback: true,
  },
  {
    name: "GatherElements of a part, with int32 indices",
    covers: ["GatherElements", "ScatterAdd"],
    inputs: { x: uniform([3, 4]), i: whole([2, 5], 4, "int32") },
    build: ({ x, i }) => g.gatherElements(x, i, -1),
  },
  {
    name: "ScatterAdd with repeated places",
    covers: ["ScatterAdd", "GatherElements"],
    inputs: { x: uniform([3, 4]), i: whole([6, 4], 3), u: uniform([6, 4]) },
    build: ({ x, i, u }) => g.scatterAdd(x, i, u, 0),
  },
];

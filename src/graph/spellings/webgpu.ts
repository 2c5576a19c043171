/**
 * @file Spellings for WebGPU, where ONNX Runtime 1.30 lacks a node or gets it wrong.
 * tests/runtime/webgpu.test.ts runs every operator with fallback to the CPU forbidden.
 */
import { add, mul, sub } from "../ops/arithmetic.js";
import { cast, equal, greater, logicalAnd, logicalNot, logicalOr, Or } from "../ops/compare.js";
import { Conv2dInputGrad } from "../ops/conv2d.js";
import { GridSample, sampleAtCorners } from "../ops/grid-sample.js";
import { pad, reshape, slice } from "../ops/shape.js";
import { composedLogSoftmax, LogSoftmax } from "../ops/softmax.js";
import { floor, Round } from "../ops/unary.js";
import { apply } from "../tensor.js";
import { composed } from "./composed.js";
import type { Spelling, SpellingTable } from "./index.js";

// ConvTranspose gives wrong numbers where a group has several inputs and one output: here each gets a second
// output, left unused.
const withSpareOutputs = composed(([dy, w], attributes) => {
  const [height, width] = attributes.size;
  const n = dy.shape[0];
  const wider = pad(w, [0, 0, 0, 0], [0, 1, 0, 0]);
  const both = reshape(apply(Conv2dInputGrad, [dy, wider], attributes), [
    n,
    attributes.groups,
    2,
    height,
    width,
  ]);
  const first = slice(both, { axes: [2], starts: [0], ends: [1] });
  return reshape(first, [n, attributes.groups, height, width]);
});

const conv2dInputGrad: Spelling = (context) => {
  const { groups } = context.attributes;
  const [filters, outputs] = context.inputs[1].shape;
  const affected = groups > 1 && outputs === 1 && filters > groups;
  return affected ? withSpareOutputs(context) : Conv2dInputGrad.lower(context);
};

const roundHalfToEven = composed(([x]) => {
  const low = floor(x);
  const rest = sub(x, low);
  const odd = greater(sub(low, mul(floor(mul(low, 0.5)), 2)), 0.5);
  const up = logicalOr(greater(rest, 0.5), logicalAnd(equal(rest, 0.5), odd));
  return add(low, cast(up, "float32"));
});

export const webgpuSpellings: SpellingTable = {
  [Conv2dInputGrad.name]: conv2dInputGrad,
  [GridSample.name]: composed(([x, grid], attributes) => sampleAtCorners(x, grid, attributes)),
  [LogSoftmax.name]: composed(([x], { axis }) => composedLogSoftmax(x, axis)),
  [Or.name]: composed(([a, b]) => logicalNot(logicalAnd(logicalNot(a), logicalNot(b)))),
  [Round.name]: roundHalfToEven,
};

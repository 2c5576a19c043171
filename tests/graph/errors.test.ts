import { describe, expect, it } from "vitest";
import { GraphError } from "../../src/common/errors.js";
import * as g from "../../src/graph/index.js";

const f = (...shape: number[]) => g.input(`f${shape}`, shape);
const long = (...shape: number[]) => g.input(`i${shape}`, shape, "int64");
const bool = (...shape: number[]) => g.input(`b${shape}`, shape, "bool");
const image = f(1, 2, 4, 5);

/**
 * What is wrong, the call, and what its message must name: the operator, the argument or rule, and the shapes
 * seen.
 */
const mistakes: [what: string, call: () => unknown, message: RegExp][] = [
  ["shapes that do not broadcast", () => g.add(f(2, 3), f(2, 4)), /Add: .*float32\[2,3\], float32\[2,4\]/],
  ["operands of two types", () => g.mul(f(2), long(2)), /Mul: .*one type.*float32\[2\], int64\[2\]/],
  ["a function of integers", () => g.exp(long(3)), /Exp: needs a float32 tensor; got int64\[3\]/],
  ["comparison of two types", () => g.equal(f(2), long(2)), /Equal: .*one type.*int64\[2\]/],
  ["logic of floats", () => g.logicalAnd(f(2), bool(2)), /And: needs bool.*float32\[2\]/],
  ["a condition that is not bool", () => g.where(f(2), f(2), f(2)), /where: .*bool condition.*float32\[2\]/],
  ["clip limits in the wrong order", () => g.clip(f(2), 1, 0), /clip: low 1 exceeds high 0/],
  ["an axis out of range", () => g.reduceSum(f(2, 3), { axes: [2] }), /ReduceSum: axis 2.*rank 2/],
  ["an axis twice", () => g.reduceMax(f(2, 3), { axes: [1, -1] }), /ReduceMax: axes \[1,-1\] repeat/],
  ["a reduction of integers", () => g.reduceMin(long(2)), /ReduceMin: needs a float32 tensor.*int64\[2\]/],
  ["reshape to another size", () => g.reshape(f(2, 3), [4]), /reshape: \[4\].*float32\[2,3\]/],
  ["a short permutation", () => g.transpose(f(2, 3), [0]), /transpose: permutation \[0\].*float32\[2,3\]/],
  ["expansion of a larger axis", () => g.expand(f(2, 3), [4, 3]), /expand: .*\[4,3\].*float32\[2,3\]/],
  ["an empty slice", () => g.slice(f(4), { starts: [2], ends: [2] }), /slice: range 2\.\.2.*float32\[4\]/],
  ["a slice beyond the end", () => g.slice(f(4), { starts: [0], ends: [5] }), /slice: range 0\.\.5.*axis 0/],
  ["negative padding", () => g.pad(f(4), [-1], [0]), /pad: pads \[-1\] and \[0\].*float32\[4\]/],
  [
    "concat of shapes that disagree",
    () => g.concat([f(2, 3), f(3, 3)], 1),
    /concat: .*axis 1.*float32\[3,3\]/,
  ],
  ["concat of nothing", () => g.concat([], 0), /concat: needs at least one tensor/],
  ["oneHot without a channel axis", () => g.oneHot(f(2, 3), 4), /oneHot: .*\[N,1,\.\.\.\].*float32\[2,3\]/],
  [
    "a constant that does not fill its shape",
    () => g.constant([1, 2], [3]),
    /constant: shape \[3\].*2 were given/,
  ],
  [
    "matmul of inner sizes that differ",
    () => g.matmul(f(2, 3), f(4, 5)),
    /matmul: .*float32\[2,3\], float32\[4,5\]/i,
  ],
  [
    "conv2d of other channels",
    () => g.conv2d(image, f(3, 4, 3, 3)),
    /conv2d: .*float32\[1,2,4,5\], float32\[3,4,3,3\]/,
  ],
  ["conv2d with a filter beyond the image", () => g.conv2d(image, f(3, 2, 9, 9)), /conv2d.*\[1,2,4,5\]/],
  ["conv2d with stride 0", () => g.conv2d(image, f(3, 2, 3, 3), { stride: 0 }), /conv2d: .*stride.*0/],
  [
    "convTranspose2d of a matrix",
    () => g.convTranspose2d(f(2, 3), f(2, 3, 2, 2)),
    /convTranspose2d: .*float32\[2,3\]/,
  ],
  [
    "channelAffine with a short vector",
    () => g.channelAffine(image, f(3), f(2)),
    /channelAffine: .*\[C\].*float32\[3\]/,
  ],
  [
    "batchNorm with a short vector",
    () => g.batchNormTraining(image, f(3), f(2)),
    /batchNorm: .*float32\[3\]/,
  ],
  ["softmax along a missing axis", () => g.softmax(f(2, 3), 2), /softmax: axis 2.*rank 2/],
  ["logSoftmax of integers", () => g.logSoftmax(long(2, 3), 1), /LogSoftmax: .*int64\[2,3\]/],
  [
    "pooling of a matrix",
    () => g.maxPool2d(f(4, 4), { kernel: 2 }),
    /maxPool2d: .*\[N,C,H,W\].*float32\[4,4\]/,
  ],
  [
    "a window beyond the image",
    () => g.maxPool2d(image, { kernel: 6 }),
    /maxPool2d: kernel \[6,6\].*\[1,2,4,5\]/,
  ],
  [
    "more padding than half a window",
    () => g.averagePool2d(image, { kernel: 2, padding: 2 }),
    /averagePool2d: padding \[2,2\]/,
  ],
  [
    "a stride of zero",
    () => g.averagePool2d(image, { kernel: 2, stride: 0 }),
    /averagePool2d: .*stride \[0,0\]/,
  ],
  [
    "unpooling at foreign indices",
    () => g.maxUnpool2d(image, long(1, 2, 4, 5)),
    /maxUnpool2d: indices must be those of maxPool2d/,
  ],
  [
    "unpooling of another shape",
    () => g.maxUnpool2d(image, g.maxPool2d(image, { kernel: 2 }).indices),
    /maxUnpool2d: .*float32\[1,2,4,5\], int64\[1,2,2,2\]/,
  ],
  ["global pooling of a vector", () => g.globalAveragePool2d(f(3)), /globalAveragePool2d: .*float32\[3\]/],
  ["global maximum of a vector", () => g.globalMaxPool2d(f(3)), /globalMaxPool2d: .*float32\[3\]/],
  ["resize to nothing", () => g.resizeBilinear(image, [0, 3]), /resizeBilinear: size \[0,3\]/],
  ["resize of a matrix", () => g.resizeNearest(f(3, 3), [2, 2]), /resizeNearest: .*float32\[3,3\]/],
  ["gather by floats", () => g.gather(f(3), f(2), 0), /gather: .*indices.*float32\[3\], float32\[2\]/],
  [
    "gatherElements of other rows",
    () => g.gatherElements(f(3, 2), long(2, 3), 0),
    /gatherElements: .*axis 0.*int64\[2,3\]/,
  ],
  [
    "scatterAdd of other updates",
    () => g.scatterAdd(f(3), long(2), f(3), 0),
    /scatterAdd: updates.*int64\[2\], float32\[3\]/,
  ],
  [
    "scatterAdd of other rows",
    () => g.scatterAdd(f(3, 2), long(2, 3), f(2, 3), 0),
    /scatterAdd: .*axis 0.*int64\[2,3\]/,
  ],
  [
    "a grid of other images",
    () => g.gridSample(image, f(2, 3, 3, 2)),
    /gridSample: grid.*float32\[2,3,3,2\]/,
  ],
  ["a grid of triples", () => g.gridSample(image, f(1, 3, 3, 3)), /gridSample: grid.*float32\[1,3,3,3\]/],
  ["sampling a matrix", () => g.gridSample(f(4, 5), f(1, 3, 3, 2)), /gridSample: x must.*float32\[4,5\]/],
  [
    "groups that do not divide",
    () => g.groupNorm(f(1, 3, 2), 2, f(3), f(3)),
    /groupNorm: .*2 groups.*float32\[1,3,2\]/,
  ],
  [
    "groupNorm with a short vector",
    () => g.groupNorm(image, 2, f(1), f(2)),
    /groupNorm: weight and bias.*float32\[1\]/,
  ],
  [
    "layerNorm of another tail",
    () => g.layerNorm(f(2, 3), f(2), f(2)),
    /layerNorm: weight and bias.*float32\[2,3\], float32\[2\]/,
  ],
  ["a dropout rate of one", () => g.dropout(f(2), f(2), 1), /dropout: rate 1 is outside \[0, 1\)/],
  [
    "a mask larger than x",
    () => g.dropout(f(2), f(3, 2), 0.5),
    /dropout: the mask.*float32\[2\], float32\[3,2\]/,
  ],
  ["the gradient of an integer", () => g.gradients(long(2), [f(2)]), /gradients: .*float32.*int64\[2\]/],
];

describe("a mistake is refused while the graph is built, naming operator, rule and shapes", () => {
  for (const [what, call, message] of mistakes) {
    it(what, () => {
      expect(call).toThrow(GraphError);
      expect(call).toThrow(message);
    });
  }
});

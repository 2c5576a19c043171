/**
 * @file Random expressions over images: some operators deep, parts of them used several times, as training
 * graphs are.
 */
import fc from "fast-check";
import * as g from "../../src/graph/index.js";
import { uniform } from "./operator-case.js";

/** Whole blocks of channels on every kind of CPU; square, so that rows and columns may change places. */
const SHAPE = [2, 16, 4, 4] as const;
const SIDE = SHAPE[2];

/** What expressions are made of, all of them differentiated. */
export const leaves = {
  x: uniform(SHAPE),
  y: uniform(SHAPE),
  w: uniform([16, 16, 3, 3], -0.15, 0.15),
  depthwise: uniform([16, 1, 3, 3], -0.5, 0.5),
  pointwise: uniform([16, 16, 1, 1], -0.4, 0.4),
  scale: uniform([16], 0.5, 1.5),
  shift: uniform([16]),
};
type Leaves = Readonly<Record<keyof typeof leaves, g.Tensor>>;

/** An image of two others; what it returns beside it must be far from zero, or the derivative jumps. */
type Step = (a: g.Tensor, b: g.Tensor, leaf: Leaves) => g.Tensor | { value: g.Tensor; margins: g.Tensor[] };

const kinked = (value: g.Tensor, ...margins: g.Tensor[]) => ({ value, margins });
const tamed = (x: g.Tensor) => g.tanh(x);
const back = (x: g.Tensor) => g.resizeNearest(x, [SIDE, SIDE]);

function pooled(a: g.Tensor, use: (pool: g.MaxPooled) => g.Tensor) {
  const places = [0, 1].flatMap((row) =>
    [0, 1].map((column) =>
      g.slice(a, { axes: [2, 3], starts: [row, column], ends: [SIDE, SIDE], steps: [2, 2] }),
    ),
  );
  const margins = places.flatMap((p, i) => places.slice(i + 1).map((q) => g.sub(p, q)));
  return kinked(use(g.maxPool2d(a, { kernel: 2 })), ...margins);
}

const steps: Readonly<Record<string, Step>> = {
  add: (a, b) => g.add(a, b),
  sub: (a, b) => g.sub(a, b),
  mul: (a, b) => g.mul(a, tamed(b)),
  div: (a, b) => g.div(a, g.add(g.square(tamed(b)), 1)),
  neg: (a) => g.neg(a),
  "neg of sub": (a, b) => g.neg(g.sub(a, b)),
  detach: (a, b) => g.mul(tamed(g.detach(a)), b),
  identities: (a) => g.div(g.sub(g.add(g.mul(a, 1), 0), 0), 1),
  "product of numbers": (a) => g.mul(g.mul(a, 1.7), 0.4),
  "sum with numbers": (a) => g.add(g.add(a, 0.3), g.add(g.filled(0.2), 0.1)),
  tanh: (a) => g.tanh(a),
  sigmoid: (a) => g.sigmoid(a),
  softplus: (a) => g.softplus(a),
  sine: (a) => g.sin(tamed(a)),
  exp: (a) => g.exp(tamed(a)),
  root: (a) => g.sqrt(g.add(g.square(a), 1)),
  relu: (a) => kinked(g.relu(a), a),
  abs: (a) => kinked(g.abs(a), a),
  maximum: (a, b) => kinked(g.maximum(a, b), g.sub(a, b)),
  where: (a, b) => kinked(g.where(g.greater(a, b), tamed(a), b), g.sub(a, b)),
  reshape: (a) => g.reshape(g.reshape(g.square(tamed(g.reshape(a, [32, 16]))), [64, 8]), SHAPE),
  transpose: (a) => g.transpose(a, [0, 1, 3, 2]),
  "two transposes": (a) => g.transpose(g.transpose(g.sin(tamed(a)), [2, 0, 1, 3]), [1, 2, 3, 0]),
  "halves exchanged": (a) => {
    const half = (from: number) => g.slice(a, { axes: [1], starts: [from], ends: [from + 8] });
    return g.concat([half(8), half(0)], 1);
  },
  shifted: (a) => g.slice(g.pad(a, [0, 0, 1, 0], [0, 0, 0, 0]), { axes: [2], starts: [0], ends: [SIDE] }),
  "channels gathered": (a) =>
    g.gather(
      a,
      g.constant(
        Array.from({ length: 16 }, (_, i) => (5 * i) % 12),
        [16],
        "int64",
      ),
      1,
    ),
  "times the mean": (a, b) => g.mul(tamed(a), g.reduceMean(b, { axes: [2, 3], keepDims: true })),
  matmul: (a, b) => g.matmul(tamed(a), tamed(b)),
  softmax: (a) => g.mul(g.softmax(a, 1), 8),
  "softmax of rows": (a) => g.logSoftmax(tamed(a), 3),
  conv: (a, _, { w }) => g.conv2d(a, w, { padding: 1 }),
  "conv with bias": (a, _, { w, shift }) => g.conv2d(a, w, { padding: 1, bias: shift }),
  "conv, dilated": (a, _, { w }) => g.conv2d(a, w, { padding: 2, dilation: 2 }),
  "conv, strided": (a, _, { w }) => back(g.conv2d(a, w, { padding: 1, stride: 2 })),
  "conv, depthwise": (a, _, { depthwise }) => g.conv2d(a, depthwise, { padding: 1, groups: 16 }),
  "conv of a point": (a, _, { pointwise }) => g.conv2d(a, pointwise),
  "conv of a point, strided": (a, _, { pointwise }) => back(g.conv2d(a, pointwise, { stride: 2 })),
  "transposed conv": (a, _, { w }) => g.convTranspose2d(a, w, { padding: 1 }),
  affine: (a, _, { scale, shift }) => g.channelAffine(a, scale, shift),
  "affine and expand": (a, b, { scale, shift }) =>
    g.add(
      g.channelAffine(a, scale, shift),
      g.channelExpand(g.mul(g.channelDot(tamed(a), tamed(b)), 0.1), SHAPE),
    ),
  "expanded sum": (a, b) => g.add(a, g.channelExpand(g.mul(g.channelSum(b), 0.05), SHAPE)),
  "batch norm": (a, _, { scale, shift }) => g.batchNormTraining(a, scale, shift, { epsilon: 0.5 }).output,
  "batch norm, far from zero": (a, _, { scale, shift }) =>
    g.batchNormTraining(g.add(tamed(a), 20), scale, shift, { epsilon: 0.5 }).output,
  "max pool": (a) => pooled(a, ({ output }) => back(output)),
  "max unpool": (a) => pooled(a, ({ output, indices }) => g.maxUnpool2d(g.sin(tamed(output)), indices)),
  "average pool": (a) => g.averagePool2d(a, { kernel: 3, stride: 1, padding: 1 }),
  resize: (a) => g.resizeBilinear(g.resizeBilinear(a, [2, 3]), [SIDE, SIDE]),
};

interface DrawnStep {
  readonly name: string;
  /** Operands, counted back from the step: the last two images are drawn most often. */
  readonly from: readonly [number, number];
}

export type Expression = readonly DrawnStep[];

const distance = fc.oneof({ weight: 3, arbitrary: fc.nat(1) }, { weight: 1, arbitrary: fc.nat(12) });

export const expressions: fc.Arbitrary<Expression> = fc.array(
  fc.record({ name: fc.constantFrom(...Object.keys(steps)), from: fc.tuple(distance, distance) }),
  { minLength: 3, maxLength: 8 },
);

/**
 * The image that an expression ends with, and the images that must keep away from zero for it to be
 * differentiable.
 */
export function build(expression: Expression, leaf: Leaves): { value: g.Tensor; margins: g.Tensor[] } {
  const images = [leaf.x, leaf.y];
  const margins: g.Tensor[] = [];
  for (const { name, from } of expression) {
    const [a, b] = from.map((back) => images[Math.max(images.length - 1 - back, 0)]);
    const made = steps[name](a, b, leaf);
    if ("margins" in made) margins.push(...made.margins);
    images.push("margins" in made ? made.value : made);
  }
  return { value: g.add(images[images.length - 1], images[images.length - 2]), margins };
}

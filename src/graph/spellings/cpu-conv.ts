/** @file Convolution and its input gradient on the CPU provider. */

import type { LowerContext } from "../lowering.js";
import { Conv2d, Conv2dInputGrad, type ConvAttributes, convAttributes } from "../ops/conv2d.js";
import type { Attributes, Shape, Tensor } from "../tensor.js";
import {
  blockAdjointFilter,
  blockedConv,
  blockedInput,
  blockFilter,
  isBlockable,
  reorderInput,
  reorderOutput,
} from "./blocked.js";
import type { Emitted, Spelling, SpellingTable } from "./index.js";

type Context = LowerContext<Attributes>;

/**
 * Whether the blocked kernels apply: the channels contracted over fill whole blocks; those produced may be
 * padded up to one.
 */
function fitsBlocked(
  { target: { blockSize } }: Context,
  contracted: number,
  { groups }: ConvAttributes,
): boolean {
  return blockSize > 0 && groups === 1 && contracted % blockSize === 0;
}

/** A filter padded with zeros along an axis to a whole number of blocks; returns its name and shape. */
function fillBlocks(
  context: Context,
  name: string,
  shape: Shape,
  axis: 0 | 1,
): { name: string; shape: Shape } {
  const { target, emit, ints, scalar } = context;
  const missing = (target.blockSize - (shape[axis] % target.blockSize)) % target.blockSize;
  if (missing === 0) return { name, shape };
  const pads = Array.from({ length: 8 }, (_, i) => (i === 4 + axis ? missing : 0));
  return {
    name: emit("Pad", [name, ints(pads), scalar(0)], { mode: "constant" }),
    shape: shape.map((dim, i) => (i === axis ? dim + missing : dim)),
  };
}

/** A filter in blocked order, padded along the axes to whole blocks; returns its name and shape. */
function filledFilter(
  context: Context,
  filter: Tensor,
  axes: readonly (0 | 1)[],
): { name: string; shape: Shape } {
  const known = context.blockedFilterOf(filter);
  if (known !== null) return { name: known, shape: filter.shape };
  const plain = { name: context.nameOf(filter), shape: filter.shape };
  const { name, shape } = axes.reduce(
    (filled, axis) => fillBlocks(context, filled.name, filled.shape, axis),
    plain,
  );
  return { name: blockFilter(context, name, shape), shape };
}

/** A 1x1 kernel that neither strides nor pads: a matrix product over channels. */
export function isPointwise(weight: Shape, { strides, pads, groups }: ConvAttributes): boolean {
  return groups === 1 && weight[2] === 1 && weight[3] === 1 && [...strides, ...pads].join() === "1,1,0,0,0,0";
}

const conv2d: Spelling = (context) => {
  const { inputs, outputs, emit, reshape, nameOf } = context;
  const attributes = context.attributes as ConvAttributes;
  const [x, w, bias] = inputs;
  if (
    fitsBlocked(context, w.shape[1], attributes) &&
    !(isPointwise(w.shape, attributes) && w.shape[0] < context.target.blockSize)
  ) {
    const filter = filledFilter(context, w, [0]);
    const biases =
      bias === undefined ? undefined : fillBias(context, nameOf(bias), w.shape[0], filter.shape[0]);
    const y = blockedConv(
      context,
      blockedInput(context, x),
      filter.name,
      convAttributes(attributes, w.shape),
      biases,
    );
    return [blockedOutput(context, y)];
  }
  if (isPointwise(w.shape, attributes)) {
    const [n, c, height, width] = x.shape;
    const product = emit("MatMul", [
      reshape(nameOf(w), [w.shape[0], c]),
      reshape(nameOf(x), [n, c, height * width]),
    ]);
    const sum = bias === undefined ? product : emit("Add", [product, reshape(nameOf(bias), [w.shape[0], 1])]);
    return [reshape(sum, outputs[0].shape)];
  }
  return Conv2d.lower(context as LowerContext<ConvAttributes>);
};

/**
 * The result of a blocked convolution: kept blocked where it has whole blocks of channels, else in plain
 * order without the padding.
 */
function blockedOutput(context: Context, name: string): Emitted {
  const [output] = context.outputs;
  return isBlockable(context, output) ? { blocked: name } : reorderOutput(context, name, output.shape[1]);
}

function fillBias({ emit, ints, scalar }: Context, name: string, count: number, filled: number): string {
  return count === filled
    ? name
    : emit("Pad", [name, ints([0, filled - count]), scalar(0)], { mode: "constant" });
}

const inputGrad: Spelling = (context) => {
  const { inputs, outputs, emit, reshape, nameOf } = context;
  const attributes = context.attributes as Parameters<typeof Conv2dInputGrad.lower>[0]["attributes"];
  const [dy, w] = inputs;
  const [rows, columns] = w.shape.slice(2);
  const { pads, dilations, strides } = attributes;
  if (isPointwise(w.shape, attributes)) {
    const [n, o, height, width] = dy.shape;
    const product = emit(
      "FusedMatMul",
      [reshape(nameOf(w), [o, w.shape[1]]), reshape(nameOf(dy), [n, o, height * width])],
      { transA: 1 },
      { domain: "com.microsoft" },
    );
    return [reshape(product, outputs[0].shape)];
  }
  // At stride 1 the adjoint is a convolution with the reversed, transposed filter, padded by what the kernel
  // overhangs.
  const overhang = [dilations[0] * (rows - 1), dilations[1] * (columns - 1)];
  const adjointPads = pads.map((pad, i) => overhang[i % 2] - pad);
  const stride1 = strides.every((stride) => stride === 1) && adjointPads.every((pad) => pad >= 0);
  if (stride1 && fitsBlocked(context, 0, attributes)) {
    const filled = filledFilter(context, w, [0, 1]);
    const filter = blockAdjointFilter(context, filled.name, filled.shape);
    const image = isBlockable(context, dy)
      ? blockedInput(context, dy)
      : reorderInput(context, fillBlocks(context, nameOf(dy), dy.shape, 1).name);
    const dx = blockedConv(context, image, filter, {
      strides,
      dilations,
      pads: adjointPads,
      group: 1,
      kernel_shape: [rows, columns],
    });
    return [blockedOutput(context, dx)];
  }
  return Conv2dInputGrad.lower(context as Parameters<typeof Conv2dInputGrad.lower>[0]);
};

export const cpuConv: SpellingTable = { [Conv2d.name]: conv2d, [Conv2dInputGrad.name]: inputGrad };

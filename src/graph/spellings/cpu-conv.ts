/** @file Convolution and its input gradient on the CPU provider. */
import { Conv2d, type ConvAttributes, Conv2dInputGrad, convAttributes } from "../ops/conv2d.js";
import type { LowerContext } from "../lowering.js";
import type { Attributes, Shape } from "../tensor.js";
import { blockAdjointFilter, blockedConv, blockFilter, reorderInput, reorderOutput } from "./blocked.js";
import type { Spelling, SpellingTable } from "./index.js";

type Context = LowerContext<Attributes>;

/** Whether both channel counts fill whole blocks, so that the blocked kernels apply. */
export function fillsBlocks({ target: { blockSize } }: Context, weight: Shape, { groups }: ConvAttributes): boolean {
  return blockSize > 0 && groups === 1 && weight[0] % blockSize === 0 && weight[1] % blockSize === 0;
}

/** A 1x1 kernel that neither strides nor pads: a matrix product over channels. */
export function isPointwise(weight: Shape, { strides, pads, groups }: ConvAttributes): boolean {
  return groups === 1 && weight[2] === 1 && weight[3] === 1 && [...strides, ...pads].join() === "1,1,0,0,0,0";
}

const conv2d: Spelling = (context) => {
  const { names, inputs, outputs, emit, reshape } = context;
  const attributes = context.attributes as ConvAttributes;
  const [x, w, bias] = inputs;
  if (fillsBlocks(context, w.shape, attributes)) {
    const filter = blockFilter(context, names[1], w.shape);
    const y = blockedConv(context, reorderInput(context, names[0]), filter, convAttributes(attributes, w.shape), names[2]);
    return [reorderOutput(context, y, w.shape[0])];
  }
  if (isPointwise(w.shape, attributes)) {
    const [n, c, height, width] = x.shape;
    const product = emit("MatMul", [reshape(names[1], [w.shape[0], c]), reshape(names[0], [n, c, height * width])]);
    const sum = bias === undefined ? product : emit("Add", [product, reshape(names[2], [w.shape[0], 1])]);
    return [reshape(sum, outputs[0].shape)];
  }
  return Conv2d.lower(context as LowerContext<ConvAttributes>);
};

const inputGrad: Spelling = (context) => {
  const { names, inputs, outputs, emit, reshape } = context;
  const attributes = context.attributes as Parameters<typeof Conv2dInputGrad.lower>[0]["attributes"];
  const [dy, w] = inputs;
  const [rows, columns] = w.shape.slice(2);
  const { pads, dilations, strides } = attributes;
  if (isPointwise(w.shape, attributes)) {
    const [n, o, height, width] = dy.shape;
    const product = emit(
      "FusedMatMul",
      [reshape(names[1], [o, w.shape[1]]), reshape(names[0], [n, o, height * width])],
      { transA: 1 },
      { domain: "com.microsoft" },
    );
    return [reshape(product, outputs[0].shape)];
  }
  // At stride 1 the adjoint is a convolution with the reversed, transposed filter, padded by what the kernel overhangs.
  const overhang = [dilations[0] * (rows - 1), dilations[1] * (columns - 1)];
  const adjointPads = pads.map((pad, i) => overhang[i % 2] - pad);
  if (strides.every((stride) => stride === 1) && adjointPads.every((pad) => pad >= 0) && fillsBlocks(context, w.shape, attributes)) {
    const filter = blockAdjointFilter(context, names[1], w.shape);
    const dx = blockedConv(context, reorderInput(context, names[0]), filter, {
      strides,
      dilations,
      pads: adjointPads,
      group: 1,
      kernel_shape: [rows, columns],
    });
    return [reorderOutput(context, dx, w.shape[1])];
  }
  return Conv2dInputGrad.lower(context as Parameters<typeof Conv2dInputGrad.lower>[0]);
};

export const cpuConv: SpellingTable = { [Conv2d.name]: conv2d, [Conv2dInputGrad.name]: inputGrad };

/**
 * @file Two-dimensional convolution and its two adjoints. The three are bilinear and close under
 * differentiation: the gradient of each is made of the other two, so gradients of any order exist.
 */
import type { LowerContext } from "../lowering.js";
import { apply, defineOperator, graphError, type Tensor, type TensorType } from "../tensor.js";
import { reduceSum } from "./reduce.js";

/** Strides, dilations: [vertical, horizontal]; pads: [top, left, bottom, right]. */
export type ConvAttributes = {
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  readonly groups: number;
};

type InputGradAttributes = ConvAttributes & { readonly size: readonly [number, number] };
type FilterGradAttributes = ConvAttributes & { readonly kernel: readonly [number, number] };

function outputSize(size: number, kernel: number, attributes: ConvAttributes, axis: 0 | 1): number {
  const { strides, pads, dilations } = attributes;
  return (
    Math.floor((size + pads[axis] + pads[axis + 2] - dilations[axis] * (kernel - 1) - 1) / strides[axis]) + 1
  );
}

function checkConv(name: string, x: TensorType, w: TensorType, { groups }: ConvAttributes): void {
  if (x.shape.length !== 4 || w.shape.length !== 4 || x.dtype !== "float32" || w.dtype !== "float32") {
    graphError(name, "needs x [N,C,H,W] and w [O,C/groups,KH,KW] of float32", [x, w]);
  }
  if (x.shape[1] !== w.shape[1] * groups || w.shape[0] % groups !== 0) {
    graphError(name, `channels of x and w do not fit with groups ${groups}`, [x, w]);
  }
}

export const Conv2d = defineOperator<ConvAttributes>({
  name: "Conv2d",
  infer: ([x, w, bias], attributes) => {
    checkConv("conv2d", x, w, attributes);
    if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== w.shape[0])) {
      graphError("conv2d", "bias must have one value per output channel", [w, bias]);
    }
    const height = outputSize(x.shape[2], w.shape[2], attributes, 0);
    const width = outputSize(x.shape[3], w.shape[3], attributes, 1);
    if (height < 1 || width < 1) graphError("conv2d", "the kernel is larger than the padded input", [x, w]);
    return [{ shape: [x.shape[0], w.shape[0], height, width], dtype: "float32" }];
  },
  gradient: ({ inputs: [x, w, bias], grad, attributes, needs }) => {
    const result = [
      needs(0) ? inputGrad(grad, w, attributes, [x.shape[2], x.shape[3]]) : null,
      needs(1) ? filterGrad(x, grad, attributes, [w.shape[2], w.shape[3]]) : null,
    ];
    return bias === undefined ? result : [...result, needs(2) ? reduceSum(grad, { axes: [0, 2, 3] }) : null];
  },
  lower: ({ names, attributes, inputs, emit }) => [
    emit("Conv", names, convAttributes(attributes, inputs[1].shape)),
  ],
});

export function convAttributes(
  { strides, pads, dilations, groups }: ConvAttributes,
  weight: readonly number[],
) {
  return { strides, pads, dilations, group: groups, kernel_shape: weight.slice(2) };
}

/**
 * Adjoint of Conv2d in x: inputs dy [N,O,Ho,Wo], w [O,C/groups,KH,KW] -> [N,C,H,W]. Also transposed
 * convolution.
 */
export const Conv2dInputGrad = defineOperator<InputGradAttributes>({
  name: "Conv2dInputGrad",
  infer: ([dy, w], attributes) => {
    const { groups, size } = attributes;
    if (
      dy.shape.length !== 4 ||
      w.shape.length !== 4 ||
      dy.shape[1] !== w.shape[0] ||
      w.shape[0] % groups !== 0
    ) {
      graphError("convTranspose2d", "needs dy [N,O,H,W] and w [O,C/groups,KH,KW]", [dy, w]);
    }
    for (const axis of [0, 1] as const) {
      if (outputSize(size[axis], w.shape[2 + axis], attributes, axis) !== dy.shape[2 + axis]) {
        graphError("convTranspose2d", `an output of size [${size}] does not lead back to the input's size`, [
          dy,
          w,
        ]);
      }
    }
    return [{ shape: [dy.shape[0], w.shape[1] * groups, ...size], dtype: "float32" }];
  },
  gradient: ({ inputs: [dy, w], grad, attributes, needs }) => [
    needs(0) ? apply(Conv2d, [grad, w], convOnly(attributes)) : null,
    needs(1) ? filterGrad(grad, dy, convOnly(attributes), [w.shape[2], w.shape[3]]) : null,
  ],
  lower: ({ names, attributes, inputs: [dy, w], emit }) => {
    const { strides, pads, dilations, size } = attributes;
    const extra = ([0, 1] as const).map(
      (axis) =>
        size[axis] -
        ((dy.shape[2 + axis] - 1) * strides[axis] -
          pads[axis] -
          pads[axis + 2] +
          dilations[axis] * (w.shape[2 + axis] - 1) +
          1),
    );
    return [emit("ConvTranspose", names, { ...convAttributes(attributes, w.shape), output_padding: extra })];
  },
});

/** Adjoint of Conv2d in w: inputs x [N,C,H,W], dy [N,O,Ho,Wo] -> [O,C/groups,KH,KW]. */
export const Conv2dFilterGrad = defineOperator<FilterGradAttributes>({
  name: "Conv2dFilterGrad",
  infer: ([x, dy], { groups, kernel }) => {
    if (x.shape.length !== 4 || dy.shape.length !== 4 || x.shape[0] !== dy.shape[0]) {
      graphError("conv2dFilterGrad", "needs x [N,C,H,W] and dy [N,O,Ho,Wo]", [x, dy]);
    }
    return [{ shape: [dy.shape[1], x.shape[1] / groups, ...kernel], dtype: "float32" }];
  },
  gradient: ({ inputs: [x, dy], grad, attributes, needs }) => [
    needs(0) ? inputGrad(dy, grad, convOnly(attributes), [x.shape[2], x.shape[3]]) : null,
    needs(1) ? apply(Conv2d, [x, grad], convOnly(attributes)) : null,
  ],
  lower: (context) => [lowerFilterGrad(context)],
});

/**
 * One matrix product per kernel tap: dy [N,G,O/G,L] against the taps' shifted windows of x [N,G,L,C/G],
 * summed over N.
 */
function lowerFilterGrad({
  names,
  inputs: [x, dy],
  attributes,
  emit,
  ints,
  scalar,
  reshape,
}: LowerContext<FilterGradAttributes>): string {
  const { strides, pads, dilations, groups, kernel } = attributes;
  const [batch, channels] = x.shape;
  const [, outChannels, height, width] = dy.shape;
  const length = height * width;
  const noPads = pads.every((value) => value === 0);
  const padded = noPads
    ? names[0]
    : emit("Pad", [names[0], ints([0, 0, pads[0], pads[1], 0, 0, pads[2], pads[3]]), scalar(0)], {
        mode: "constant",
      });
  const left = reshape(names[1], [batch, groups, outChannels / groups, length]);
  const taps: string[] = [];
  for (let row = 0; row < kernel[0]; row++) {
    for (let column = 0; column < kernel[1]; column++) {
      const starts = [row * dilations[0], column * dilations[1]];
      const ends = [starts[0] + (height - 1) * strides[0] + 1, starts[1] + (width - 1) * strides[1] + 1];
      const window = emit("Slice", [padded, ints(starts), ints(ends), ints([2, 3]), ints([...strides])]);
      const right = emit("Transpose", [reshape(window, [batch, groups, channels / groups, length])], {
        perm: [0, 1, 3, 2],
      });
      const product = emit("MatMul", [left, right]);
      const summed = batch === 1 ? product : emit("ReduceSum", [product, ints([0])], { keepdims: 1 });
      taps.push(reshape(summed, [outChannels, channels / groups, 1]));
    }
  }
  const joined = taps.length === 1 ? taps[0] : emit("Concat", taps, { axis: 2 });
  return reshape(joined, [outChannels, channels / groups, ...kernel]);
}

function convOnly({ strides, pads, dilations, groups }: ConvAttributes): ConvAttributes {
  return { strides, pads, dilations, groups };
}

function inputGrad(
  dy: Tensor,
  w: Tensor,
  attributes: ConvAttributes,
  size: readonly [number, number],
): Tensor {
  return apply(Conv2dInputGrad, [dy, w], { ...convOnly(attributes), size });
}

function filterGrad(
  x: Tensor,
  dy: Tensor,
  attributes: ConvAttributes,
  kernel: readonly [number, number],
): Tensor {
  return apply(Conv2dFilterGrad, [x, dy], { ...convOnly(attributes), kernel });
}

export interface ConvOptions {
  /** Step between windows; a number stands for both axes. Default 1. */
  stride?: number | readonly [number, number];
  /** Zeros added around: one number, [vertical, horizontal] or [top, left, bottom, right]. Default 0. */
  padding?: number | readonly [number, number] | readonly [number, number, number, number];
  dilation?: number | readonly [number, number];
  groups?: number;
}

export function pair(value: number | readonly [number, number]): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

export function padding4(
  value: NonNullable<ConvOptions["padding"]>,
): readonly [number, number, number, number] {
  if (typeof value === "number") return [value, value, value, value];
  return value.length === 4 ? value : [value[0], value[1], value[0], value[1]];
}

function resolve(name: string, options: ConvOptions): ConvAttributes {
  const attributes: ConvAttributes = {
    strides: pair(options.stride ?? 1),
    pads: padding4(options.padding ?? 0),
    dilations: pair(options.dilation ?? 1),
    groups: options.groups ?? 1,
  };
  const positive = [...attributes.strides, ...attributes.dilations, attributes.groups];
  if (
    positive.some((n) => !Number.isInteger(n) || n < 1) ||
    attributes.pads.some((n) => !Number.isInteger(n) || n < 0)
  ) {
    graphError(
      name,
      `strides, dilations and groups must be whole and >= 1, pads >= 0: ${JSON.stringify(options)}`,
    );
  }
  return attributes;
}

/**
 * Convolution (cross-correlation): x [N,C,H,W], w [O,C/groups,KH,KW], bias [O] -> [N,O,Ho,Wo] with
 * Ho = floor((H + pads - dilation (KH - 1) - 1) / stride) + 1.
 * @throws GraphError where channels, groups or sizes do not fit.
 */
export function conv2d(x: Tensor, w: Tensor, options: ConvOptions & { bias?: Tensor } = {}): Tensor {
  return apply(
    Conv2d,
    options.bias === undefined ? [x, w] : [x, w, options.bias],
    resolve("conv2d", options),
  );
}

/**
 * Transposed convolution: x [N,C,H,W], w [C,O/groups,KH,KW] -> [N,O,Ho,Wo] with
 * Ho = (H - 1) stride - pads + dilation (KH - 1) + 1 + outputPadding.
 * @throws GraphError where channels, groups or sizes do not fit.
 */
export function convTranspose2d(
  x: Tensor,
  w: Tensor,
  options: ConvOptions & { outputPadding?: number | readonly [number, number] } = {},
): Tensor {
  if (x.shape.length !== 4 || w.shape.length !== 4)
    graphError("convTranspose2d", "needs rank 4 tensors", [x, w]);
  const attributes = resolve("convTranspose2d", options);
  const { strides, pads, dilations } = attributes;
  const extra = pair(options.outputPadding ?? 0);
  const size = ([0, 1] as const).map(
    (axis) =>
      (x.shape[2 + axis] - 1) * strides[axis] -
      pads[axis] -
      pads[axis + 2] +
      dilations[axis] * (w.shape[2 + axis] - 1) +
      1 +
      extra[axis],
  );
  return apply(Conv2dInputGrad, [x, w], { ...attributes, size: [size[0], size[1]] });
}

/** @file Average pooling and pooling over the whole image. */
import type { LowerContext } from "../lowering.js";
import { apply, defineOperator, graphError, type Operator, type Shape, type Tensor } from "../tensor.js";
import {
  emitSpread,
  isTiling,
  onnxWindow,
  type PoolOptions,
  pooledShape,
  type WindowAttributes,
  windowAttributes,
} from "./pool-window.js";
import { reduceMax, reduceMean } from "./reduce.js";

type AveragePoolAttributes = WindowAttributes & { shape: Shape; countPadding: boolean };

export const AveragePool2d: Operator<AveragePoolAttributes> = defineOperator<AveragePoolAttributes>({
  name: "AveragePool2d",
  infer: ([x], attributes) => [{ shape: pooledShape(x.shape, attributes), dtype: x.dtype }],
  gradient: ({ grad, attributes }) => [apply(AverageUnpool2d, [grad], attributes)],
  lower: ({ names, attributes, emit }) => [
    emit("AveragePool", names, {
      ...onnxWindow(attributes),
      count_include_pad: attributes.countPadding ? 1 : 0,
    }),
  ],
});

/** Shares each value out among the pixels of its window: the adjoint of average pooling. */
export const AverageUnpool2d: Operator<AveragePoolAttributes> = defineOperator<AveragePoolAttributes>({
  name: "AverageUnpool2d",
  infer: (_, { shape }) => [{ shape, dtype: "float32" }],
  gradient: ({ grad, attributes }) => [apply(AveragePool2d, [grad], attributes)],
  lower: (context) => {
    const { attributes, names, emit } = context;
    const { shape, kernel, stride } = attributes;
    const [n, c, rows, columns] = pooledShape(shape, attributes);
    const share = emit("Div", [names[0], context.constant(windowSizes(attributes), [rows, columns])]);
    if (isTiling(shape, attributes)) {
      const scales = context.constant([1, 1, ...kernel], [4]);
      const nearest = {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      };
      return [emit("Resize", [share, "", scales], nearest)];
    }
    if (stride[0] === 1 && stride[1] === 1) return [emitUnitStride(context, share)];
    const ones = context.constant(new Array(kernel[0] * kernel[1]).fill(1), [1, 1, ...kernel]);
    const planes = context.reshape(share, [n * c, 1, rows, columns]);
    return [
      context.reshape(
        emitSpread(context, planes, ones, [rows, columns], [shape[2], shape[3]], attributes),
        shape,
      ),
    ];
  },
});

/**
 * With stride 1 every pixel, too, takes part in one window of the shares: their sum is a mean times its size.
 */
function emitUnitStride(
  { emit, scalar, attributes }: LowerContext<AveragePoolAttributes>,
  share: string,
): string {
  const { kernel, padding } = attributes;
  const sides = kernel.map((size, i) => size - 1 - padding[i]);
  const window = { kernel_shape: kernel, strides: [1, 1], pads: [...sides, ...sides], count_include_pad: 1 };
  return emit("Mul", [emit("AveragePool", [share], window), scalar(kernel[0] * kernel[1])]);
}

/** How many pixels each window's mean is taken over. */
function windowSizes(attributes: AveragePoolAttributes): number[] {
  const { kernel, stride, padding, shape, countPadding } = attributes;
  const [, , rows, columns] = pooledShape(shape, attributes);
  const inside = (position: number, axis: 0 | 1) => {
    const start = position * stride[axis] - padding[axis];
    return countPadding ? kernel[axis] : Math.min(start + kernel[axis], shape[2 + axis]) - Math.max(start, 0);
  };
  return Array.from(
    { length: rows * columns },
    (_, i) => inside(Math.floor(i / columns), 0) * inside(i % columns, 1),
  );
}

export interface AveragePoolOptions extends PoolOptions {
  /** Count padded pixels as zeros of the mean (PyTorch's count_include_pad). Default true, as there. */
  countPadding?: boolean;
}

/**
 * Mean of each window: [N,C,H,W] to [N,C,H',W'] with H' = floor((H + 2 padding - kernel) / stride) + 1.
 * Throws GraphError where the window does not fit.
 */
export function averagePool2d(x: Tensor, options: AveragePoolOptions): Tensor {
  const window = windowAttributes("averagePool2d", x, options);
  return apply(AveragePool2d, [x], { ...window, shape: x.shape, countPadding: options.countPadding ?? true });
}

/** Mean over the image: [N,C,H,W] to [N,C,1,1]. */
export function globalAveragePool2d(x: Tensor): Tensor {
  if (x.shape.length !== 4) graphError("globalAveragePool2d", "needs a tensor [N,C,H,W]", [x]);
  return reduceMean(x, { axes: [2, 3], keepDims: true });
}

/** Maximum over the image: [N,C,H,W] to [N,C,1,1]; ties share the gradient equally. */
export function globalMaxPool2d(x: Tensor): Tensor {
  if (x.shape.length !== 4) graphError("globalMaxPool2d", "needs a tensor [N,C,H,W]", [x]);
  return reduceMax(x, { axes: [2, 3], keepDims: true });
}

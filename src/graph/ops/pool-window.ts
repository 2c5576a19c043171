/** @file The geometry of pooling windows, and windows as an axis: the portable way to look inside them. */
import type { LowerContext } from "../lowering.js";
import { graphError, type Shape, type Tensor } from "../tensor.js";
import { pair } from "./conv2d.js";

export type Pair = readonly [number, number];

/** Height and width of windows, and of the pooled image. */
export type WindowAttributes = { kernel: Pair; stride: Pair; padding: Pair };

export interface PoolOptions {
  /** Window size: one number or [height, width]. */
  kernel: number | Pair;
  /** Distance of windows; the window's size if left out. */
  stride?: number | Pair;
  /** Rows and columns added on both sides, at most half a window; 0 if left out. */
  padding?: number | Pair;
}

/** Checks the options of a pooling operator. Throws GraphError naming it. */
export function windowAttributes(op: string, x: Tensor, options: PoolOptions): WindowAttributes {
  const kernel = pair(options.kernel);
  const stride = pair(options.stride ?? kernel);
  const padding = pair(options.padding ?? 0);
  if (x.shape.length !== 4 || x.dtype !== "float32") graphError(op, "needs a float32 tensor [N,C,H,W]", [x]);
  if (![...kernel, ...stride].every((n) => Number.isInteger(n) && n >= 1)) {
    graphError(op, `kernel [${kernel}] and stride [${stride}] must be whole numbers >= 1`);
  }
  if (!padding.every((n, i) => Number.isInteger(n) && n >= 0 && 2 * n <= kernel[i])) {
    graphError(op, `padding [${padding}] must be >= 0 and at most half the kernel [${kernel}]`);
  }
  if (kernel.some((size, i) => size > x.shape[2 + i] + 2 * padding[i])) {
    graphError(op, `kernel [${kernel}] is larger than the padded image (padding [${padding}])`, [x]);
  }
  return { kernel, stride, padding };
}

/** [N,C,H,W] to the shape of one value a window. */
export function pooledShape(shape: Shape, { kernel, stride, padding }: WindowAttributes): number[] {
  const size = (i: 0 | 1) => Math.floor((shape[2 + i] + 2 * padding[i] - kernel[i]) / stride[i]) + 1;
  return [shape[0], shape[1], size(0), size(1)];
}

/** The ONNX attributes that ONNX's pooling nodes share. */
export function onnxWindow({ kernel, stride, padding }: WindowAttributes) {
  return { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] };
}

/** Whether windows touch each pixel exactly once. */
export function isTiling(shape: Shape, { kernel, stride, padding }: WindowAttributes): boolean {
  return kernel.every((size, i) => size === stride[i] && padding[i] === 0 && shape[2 + i] % size === 0);
}

/** Whether two windows may share a pixel. */
export function windowsOverlap({ kernel, stride }: WindowAttributes): boolean {
  return kernel.some((size, i) => stride[i] < size);
}

/** kernel[0] * kernel[1] filters, filter k having a one at position k of the window. */
function selectors(context: LowerContext, [height, width]: Pair): string {
  const count = height * width;
  const identity = Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0));
  return context.constant(identity, [count, 1, height, width]);
}

// Below every pixel, yet finite: the selecting convolution multiplies it by zero.
const OUTSIDE = -3e38;

/**
 * Windows of an image `name` of `shape`: [N*C, window positions, pooled H, pooled W]. Positions outside hold
 * -3e38.
 */
export function emitWindows(
  context: LowerContext,
  name: string,
  shape: Shape,
  window: WindowAttributes,
): string {
  const [n, c, height, width] = shape;
  const [, , rows, columns] = pooledShape(shape, window);
  const [kh, kw] = window.kernel;
  if (isTiling(shape, window)) {
    const apart = context.reshape(name, [n * c, rows, kh, columns, kw]);
    const moved = context.emit("Transpose", [apart], { perm: [0, 2, 4, 1, 3] });
    return context.reshape(moved, [n * c, kh * kw, rows, columns]);
  }
  const [py, px] = window.padding;
  const planes = context.reshape(name, [n * c, 1, height, width]);
  const pads = context.ints([0, 0, py, px, 0, 0, py, px]);
  const padded =
    py + px === 0
      ? planes
      : context.emit("Pad", [planes, pads, context.scalar(OUTSIDE)], { mode: "constant" });
  return context.emit("Conv", [padded, selectors(context, window.kernel)], {
    kernel_shape: window.kernel,
    strides: window.stride,
  });
}

/** The adjoint of `emitWindows`: adds windows back into an image of `shape`. */
export function emitFold(
  context: LowerContext,
  windows: string,
  shape: Shape,
  window: WindowAttributes,
): string {
  const [n, c, height, width] = shape;
  const [, , rows, columns] = pooledShape(shape, window);
  const [kh, kw] = window.kernel;
  if (isTiling(shape, window)) {
    const apart = context.reshape(windows, [n * c, kh, kw, rows, columns]);
    return context.reshape(context.emit("Transpose", [apart], { perm: [0, 3, 1, 4, 2] }), shape);
  }
  const image = emitSpread(
    context,
    windows,
    selectors(context, window.kernel),
    [rows, columns],
    [height, width],
    window,
  );
  return context.reshape(image, shape);
}

/**
 * ConvTranspose with these windows onto an image of exactly `size`; pixels that no window reaches become
 * zero.
 */
export function emitSpread(
  context: LowerContext,
  values: string,
  filters: string,
  pooled: Pair,
  size: Pair,
  { kernel, stride, padding }: WindowAttributes,
): string {
  const rest = size.map((length, i) => length - ((pooled[i] - 1) * stride[i] + kernel[i] - 2 * padding[i]));
  return context.emit("ConvTranspose", [values, filters], {
    kernel_shape: kernel,
    strides: stride,
    pads: [...padding, ...padding],
    output_padding: rest,
  });
}

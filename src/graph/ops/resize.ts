/**
 * @file Resizing images: bilinear (both conventions of where pixels lie) and nearest. The adjoint is two
 * products with constant matrices.
 */
import type { LowerContext } from "../lowering.js";
import { apply, defineOperator, graphError, type Operator, type Tensor } from "../tensor.js";

type Size = readonly [height: number, width: number];
type ResizeMode = "half-pixel" | "align-corners" | "nearest";
type ResizeAttributes = { mode: ResizeMode; from: Size; to: Size };

/** Weights of the `from` pixels in each of `to` resized pixels along one axis: [to, from], row-major. */
function interpolationMatrix(mode: ResizeMode, from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    if (mode === "nearest") {
      matrix[i * from + Math.floor((i * from) / to)] = 1;
      continue;
    }
    const cornered = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const centred = ((i + 0.5) * from) / to - 0.5;
    const position = Math.min(Math.max(mode === "align-corners" ? cornered : centred, 0), from - 1);
    const low = Math.floor(position);
    const high = Math.min(low + 1, from - 1);
    matrix[i * from + low] += 1 - (position - low);
    matrix[i * from + high] += position - low;
  }
  return matrix;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)]);
}

/** left x right for each plane of an image, in the order that costs less. `left` is [h,H], `right` [W,w]. */
function emitTwoSided(
  context: LowerContext,
  image: string,
  left: string,
  right: string,
  from: Size,
  to: Size,
): string {
  const { emit } = context;
  const rightFirst = from[0] * to[1] * (from[1] + to[0]);
  const leftFirst = to[0] * from[1] * (from[0] + to[1]);
  return rightFirst <= leftFirst
    ? emit("MatMul", [left, emit("MatMul", [image, right])])
    : emit("MatMul", [emit("MatMul", [left, image]), right]);
}

/** The resize as rows x image x columns with its two constant interpolation matrices. */
function emitInterpolation(context: LowerContext<ResizeAttributes>): string {
  const { mode, from, to } = context.attributes;
  const left = context.constant(interpolationMatrix(mode, from[0], to[0]), [to[0], from[0]]);
  const columns = transposed(interpolationMatrix(mode, from[1], to[1]), to[1], from[1]);
  const right = context.constant(columns, [from[1], to[1]]);
  return emitTwoSided(context, context.names[0], left, right, from, to);
}

export const Resize2d: Operator<ResizeAttributes> = defineOperator<ResizeAttributes>({
  name: "Resize2d",
  infer: ([x], { to }) => [{ shape: [x.shape[0], x.shape[1], ...to], dtype: x.dtype }],
  gradient: ({ grad, attributes }) => [apply(Resize2dAdjoint, [grad], attributes)],
  lower: (context) => {
    const { attributes, names, emit, outputs } = context;
    const { mode, from, to } = attributes;
    if (mode !== "nearest") {
      const coordinates = mode === "half-pixel" ? "half_pixel" : "align_corners";
      const onnx = { mode: "linear", coordinate_transformation_mode: coordinates };
      return [emit("Resize", [names[0], "", "", context.ints(outputs[0].shape)], onnx)];
    }
    if (from.every((size, i) => to[i] % size === 0)) {
      const onnx = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
      return [emit("Resize", [names[0], "", "", context.ints(outputs[0].shape)], onnx)];
    }
    // ONNX Resize rounds i / (to / from) in float32 and may pick the neighbour; a selection matrix cannot.
    return [emitInterpolation(context)];
  },
});

/** Sends the gradient of each resized pixel to the pixels it was made of. */
export const Resize2dAdjoint: Operator<ResizeAttributes> = defineOperator<ResizeAttributes>({
  name: "Resize2dAdjoint",
  infer: ([y], { from }) => [{ shape: [y.shape[0], y.shape[1], ...from], dtype: y.dtype }],
  gradient: ({ grad, attributes }) => [apply(Resize2d, [grad], attributes)],
  lower: (context) => {
    const { mode, from, to } = context.attributes;
    const rows = transposed(interpolationMatrix(mode, from[0], to[0]), to[0], from[0]);
    const columns = interpolationMatrix(mode, from[1], to[1]);
    const left = context.constant(rows, [from[0], to[0]]);
    const right = context.constant(columns, [to[1], from[1]]);
    return [emitTwoSided(context, context.names[0], left, right, to, from)];
  },
});

function resize(op: string, x: Tensor, size: Size, mode: ResizeMode): Tensor {
  if (x.shape.length !== 4 || x.dtype !== "float32") graphError(op, "needs a float32 tensor [N,C,H,W]", [x]);
  if (size.length !== 2 || !size.every((length) => Number.isInteger(length) && length >= 1)) {
    graphError(op, `size [${size}] must be two whole numbers >= 1`);
  }
  const from: Size = [x.shape[2], x.shape[3]];
  return from[0] === size[0] && from[1] === size[1]
    ? x
    : apply(Resize2d, [x], { mode, from, to: [size[0], size[1]] });
}

/**
 * Bilinear resize of [N,C,H,W] to [N,C,...size], larger or smaller, without low-pass filtering. With
 * `alignCorners` the centres of the corner pixels coincide; without (the default) the images' outer edges do.
 * Throws GraphError on a size that is not positive.
 */
export function resizeBilinear(x: Tensor, size: Size, options: { alignCorners?: boolean } = {}): Tensor {
  return resize("resizeBilinear", x, size, options.alignCorners === true ? "align-corners" : "half-pixel");
}

/** Nearest resize of [N,C,H,W] to [N,C,...size]: row i is row floor(i H / height), as PyTorch's `nearest`. */
export function resizeNearest(x: Tensor, size: Size): Tensor {
  return resize("resizeNearest", x, size, "nearest");
}

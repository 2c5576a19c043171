/**
 * @file Sampling an image at given coordinates. The forward pass is ONNX's GridSample; the gradient reads and
 * adds at the corners.
 */
import { apply, defineOperator, graphError, type Operator, type Tensor } from "../tensor.js";
import { add, clip, mul, sub } from "./arithmetic.js";
import { cast, greater, greaterOrEqual, lessOrEqual, logicalAnd, where } from "./compare.js";
import { gatherElements, scatterAdd } from "./gather.js";
import { filled } from "./leaf.js";
import { reduceSum } from "./reduce.js";
import { concat, expand, reshape, slice } from "./shape.js";
import { detach, floor, round } from "./unary.js";

type GridSampleAttributes = {
  mode: "bilinear" | "nearest";
  padding: "zeros" | "border";
  alignCorners: boolean;
};

/** One of the pixels a sample is made of; all [N,1,P] with P the number of samples. */
interface Corner {
  /** Flat index of the pixel in its plane, int32. */
  index: Tensor;
  /** 1, or 0 where the pixel is outside and counts as zero. */
  inside: Tensor;
  weight: Tensor;
  /** Derivatives of the weight with respect to the pixel coordinates. */
  slopes: readonly [x: Tensor, y: Tensor] | null;
}

export const GridSample: Operator<GridSampleAttributes> = defineOperator<GridSampleAttributes>({
  name: "GridSample",
  infer: ([x, grid]) => [{ shape: [x.shape[0], x.shape[1], grid.shape[1], grid.shape[2]], dtype: x.dtype }],
  gradient: ({ inputs: [x, grid], grad, attributes, needs }) => {
    const { corners, scale } = cornersOf(x, grid, attributes);
    return [
      needs(0) ? inputGradient(x, grad, corners) : null,
      needs(1) && scale !== null ? gridGradient(x, grid, grad, corners, scale) : null,
    ];
  },
  lower: ({ names, attributes: { mode, padding, alignCorners }, emit }) => [
    emit("GridSample", names, {
      mode: mode === "bilinear" ? "linear" : "nearest",
      padding_mode: padding,
      align_corners: alignCorners ? 1 : 0,
    }),
  ],
});

/** The operator's value made of reads at the corners, for providers without ONNX's GridSample. */
export function sampleAtCorners(x: Tensor, grid: Tensor, attributes: GridSampleAttributes): Tensor {
  const [n, c] = x.shape;
  const image = reshape(x, [n, c, -1]);
  const terms = cornersOf(x, grid, attributes).corners.map(({ index, inside, weight }) => {
    const places = expand(index, [n, c, index.shape[2]]);
    return mul(gatherElements(image, places, 2), mul(weight, inside));
  });
  return reshape(
    terms.reduce((a, b) => add(a, b)),
    [n, c, grid.shape[1], grid.shape[2]],
  );
}

function inputGradient(x: Tensor, grad: Tensor, corners: readonly Corner[]): Tensor {
  const [n, c, height, width] = x.shape;
  const flatGrad = reshape(grad, [n, c, -1]);
  let sum = expand(filled(0, 3), [n, c, height * width]);
  for (const { index, inside, weight } of corners) {
    sum = scatterAdd(sum, expand(index, flatGrad.shape), mul(flatGrad, mul(weight, inside)), 2);
  }
  return reshape(sum, x.shape);
}

function gridGradient(
  x: Tensor,
  grid: Tensor,
  grad: Tensor,
  corners: readonly Corner[],
  scale: readonly [Tensor, Tensor],
): Tensor {
  const [n, c] = x.shape;
  const image = reshape(x, [n, c, -1]);
  const flatGrad = reshape(grad, [n, c, -1]);
  const slopes = corners.map(({ index, inside, slopes }) => {
    const values = gatherElements(image, expand(index, flatGrad.shape), 2);
    const agreement = mul(reduceSum(mul(flatGrad, values), { axes: [1], keepDims: true }), inside);
    return slopes!.map((slope) => reshape(mul(agreement, slope), [n, -1, 1]));
  });
  const total = ([0, 1] as const).map((i) =>
    mul(
      slopes.map((pair) => pair[i]).reduce((a, b) => add(a, b)),
      reshape(scale[i], [n, -1, 1]),
    ),
  );
  return reshape(concat(total, 2), grid.shape);
}

/**
 * The corners of every sample, and the derivatives of pixel coordinates by grid coordinates (null for
 * nearest: no gradient).
 */
function cornersOf(
  x: Tensor,
  grid: Tensor,
  { mode, padding, alignCorners }: GridSampleAttributes,
): { corners: Corner[]; scale: readonly [Tensor, Tensor] | null } {
  const [n, , height, width] = x.shape;
  const axes = [width, height].map((size, i) => {
    const unit = reshape(slice(grid, { axes: [3], starts: [i], ends: [i + 1] }), [n, 1, -1]);
    const factor = (alignCorners ? size - 1 : size) / 2;
    const pixel = add(mul(unit, factor), (size - 1) / 2);
    if (padding === "zeros") return { size, pixel, scale: filled(factor, 3) };
    // As in PyTorch, coordinates on or beyond the border have no gradient.
    const within = logicalAnd(greater(pixel, 0), greater(filled(size - 1), pixel));
    const clipped = where(within, pixel, clip(detach(pixel), 0, size - 1));
    return { size, pixel: clipped, scale: mul(cast(within, "float32"), factor) };
  });
  const [ax, ay] = axes;
  if (mode === "nearest") {
    const [px, py] = axes.map(({ pixel }) => round(pixel));
    return { corners: [corner(px, py, filled(1, 3), null, width, height)], scale: null };
  }
  const [x0, y0] = axes.map(({ pixel }) => floor(pixel));
  const [tx, ty] = [sub(ax.pixel, x0), sub(ay.pixel, y0)];
  const corners = [0, 1].flatMap((dy) =>
    [0, 1].map((dx) => {
      const wx = dx === 1 ? tx : sub(1, tx);
      const wy = dy === 1 ? ty : sub(1, ty);
      const slopes = [mul(wy, dx === 1 ? 1 : -1), mul(wx, dy === 1 ? 1 : -1)] as const;
      return corner(add(x0, dx), add(y0, dy), mul(wx, wy), slopes, width, height);
    }),
  );
  return { corners, scale: [expand(ax.scale, ax.pixel.shape), expand(ay.scale, ay.pixel.shape)] };
}

/** The pixel at whole coordinates (column, row). */
function corner(
  column: Tensor,
  row: Tensor,
  weight: Tensor,
  slopes: Corner["slopes"],
  width: number,
  height: number,
): Corner {
  const within = (value: Tensor, size: number) =>
    logicalAnd(greaterOrEqual(value, 0), lessOrEqual(value, size - 1));
  const inside = cast(logicalAnd(within(column, width), within(row, height)), "float32");
  const index = add(mul(clip(row, 0, height - 1), width), clip(column, 0, width - 1));
  // int32, because WebGPU has no int64.
  return { index: cast(index, "int32"), inside, weight, slopes };
}

export interface GridSampleOptions {
  mode?: "bilinear" | "nearest";
  /** What lies outside the image: zeros (default) or the nearest border pixel. */
  padding?: "zeros" | "border";
  /** Whether -1 and 1 are the centres of the outer pixels, or the image's outer edges (default). */
  alignCorners?: boolean;
}

/**
 * Values of x [N,C,H,W] at grid [N,H',W',2], whose last axis is (x, y) in -1..1 across the image:
 * [N,C,H',W']. Bilinear sampling is differentiable in x and grid, any number of times; nearest in x only.
 * Throws GraphError on other shapes.
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  if (x.shape.length !== 4 || x.dtype !== "float32")
    graphError("gridSample", "x must be float32 [N,C,H,W]", [x]);
  const fits = grid.shape.length === 4 && grid.shape[3] === 2 && grid.shape[0] === x.shape[0];
  if (!fits || grid.dtype !== "float32")
    graphError("gridSample", "grid must be float32 [N,H',W',2]", [x, grid]);
  return apply(GridSample, [x, grid], {
    mode: options.mode ?? "bilinear",
    padding: options.padding ?? "zeros",
    alignCorners: options.alignCorners ?? false,
  });
}

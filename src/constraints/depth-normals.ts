/** @file Normals are the derivative of depth (Taskology, appendix A.4, eq. 8-16). */
import { z } from "zod";
import { div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { averagePool2d } from "../graph/ops/average-pool.js";
import { cast, greater, less, logicalAnd } from "../graph/ops/compare.js";
import { constant } from "../graph/ops/leaf.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { concat, pad, slice } from "../graph/ops/shape.js";
import { abs, detach, neg, sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { type ConstraintDefinition, taskFor, taskOption, weightOption } from "./constraint.js";
import { maskedAverage } from "./masked-average.js";
import { pointsOf } from "./points.js";

interface DepthNormalsOptions {
  readonly weight: number;
  readonly threshold: number;
  readonly window: number;
  readonly discontinuities: "both" | "rising";
  readonly detach: "none" | "depth" | "normals";
  readonly depth?: string;
  readonly normals?: string;
}

/** x[i + 1] - x[i - 1] along an axis (2: down, 3: across), and 0 where a neighbour is missing. */
function centralDifference(x: Tensor, axis: 2 | 3): Tensor {
  const length = x.shape[axis];
  const part = (from: number) => slice(x, { axes: [axis], starts: [from], ends: [from + length - 2] });
  const before = [0, 0, axis === 2 ? 1 : 0, axis === 3 ? 1 : 0];
  return pad(sub(part(2), part(0)), before, before);
}

/** Ones [1,1,H,W] but for the outermost pixels, which have no neighbour on one side. */
function interior(height: number, width: number): Tensor {
  const [rows, columns] = [height - 2, width - 2];
  const inner = constant(new Float32Array(rows * columns).fill(1), [1, 1, rows, columns]);
  return pad(inner, [0, 0, 1, 1], [0, 0, 1, 1]);
}

function cross(a: Tensor, b: Tensor): Tensor {
  const part = (v: Tensor, i: number) => slice(v, { axes: [1], starts: [i], ends: [i + 1] });
  const entry = (i: number, j: number) => sub(mul(part(a, i), part(b, j)), mul(part(a, j), part(b, i)));
  return concat([entry(1, 2), entry(2, 0), entry(0, 1)], 1);
}

/**
 * Normals [N,3,H,W] of depth [N,1,H,W] and where they are defined [N,1,H,W] (eq. 8-15), towards the camera as
 * the project stores them: the negative of eq. 14, which points away from it. A pixel is valid where depth
 * does not change by more than `threshold` times itself between its neighbours (eq. 10, 11); the derivatives
 * are averaged over `window` x `window` pixels, invalid ones as zero (eq. 12, 13).
 */
export function normalsOfDepth(
  depth: Tensor,
  camera: Tensor,
  {
    threshold,
    window,
    discontinuities = "both",
  }: Pick<DepthNormalsOptions, "threshold" | "window"> & Partial<DepthNormalsOptions>,
): { normals: Tensor; valid: Tensor } {
  const [, , height, width] = depth.shape;
  const points = pointsOf(depth, camera);
  const change = (axis: 2 | 3) => {
    const difference = centralDifference(depth, axis);
    return less(discontinuities === "both" ? abs(difference) : difference, mul(depth, threshold));
  };
  const smooth = cast(logicalAnd(change(3), change(2)), "float32");
  const valid = mul(smooth, interior(height, width));
  const averaged = (axis: 2 | 3) => boxMean(mul(centralDifference(points, axis), valid), window);
  const [across, down] = [averaged(3), averaged(2)];
  // Towards the camera.
  const direction = neg(cross(across, down));
  const squared = reduceSum(mul(direction, direction), { axes: [1], keepDims: true });
  const known = greater(squared, LEAST_SQUARE);
  const length = sqrt(maximum(squared, LEAST_SQUARE));
  return { normals: div(direction, length), valid: cast(known, "float32") };
}

/** Squared length of the product of two derivatives, m⁴, below which it has no direction. */
const LEAST_SQUARE = 1e-20;

/** The mean over a window around each pixel, what lies outside the image as zero. */
function boxMean(x: Tensor, window: number): Tensor {
  if (window === 1) return x;
  const before = Math.floor(window / 2);
  const after = window - 1 - before;
  const padded = pad(x, [0, 0, before, before], [0, 0, after, after]);
  return averagePool2d(padded, { kernel: window, stride: 1 });
}

export const depthNormals: ConstraintDefinition<DepthNormalsOptions> = {
  name: "depth-normals",
  options: z.strictObject({
    weight: weightOption("of the cosine distance"),
    threshold: z
      .number()
      .positive()
      .default(0.1)
      .describe("beta of eq. 11: change of depth between neighbours, of the depth itself, that is an edge"),
    window: z
      .int()
      .min(1)
      .refine((side) => side % 2 === 1, "the window must have a middle: an odd number")
      .default(3)
      .describe("N of eq. 13: pixels of a side over which derivatives are averaged"),
    discontinuities: z
      .enum(["both", "rising"])
      .default("both")
      .describe("both: edges where depth rises or falls; rising: only where it rises, as eq. 11 is printed"),
    detach: z
      .enum(["none", "depth", "normals"])
      .default("none")
      .describe("the task that learns nothing from this constraint"),
    depth: taskOption("depth"),
    normals: taskOption("normals"),
  }),
  needs: () => ({ tasks: { depth: "depth", normals: "normals" }, camera: true }),
  build(context, options) {
    const { predictions, camera } = context.frame(0);
    const predicted = (kind: "depth" | "normals") => {
      const { name } = taskFor(context, "depth-normals", kind, options[kind]);
      return options.detach === kind ? detach(predictions[name]) : predictions[name];
    };
    const { normals, valid } = normalsOfDepth(predicted("depth"), camera, options);
    const cosine = reduceSum(mul(normals, predicted("normals")), { axes: [1], keepDims: true });
    // Eq. 16, over the pixels where the depth has a normal.
    const value = maskedAverage(sub(1, cosine), valid);
    return [{ name: "depth-normals", value, weight: options.weight }];
  },
};

/** @file Depth is what a LiDAR beside the camera measured, where the picture shows what it hit. */
import { z } from "zod";
import { div, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, less } from "../graph/ops/compare.js";
import { gridSample } from "../graph/ops/grid-sample.js";
import { maxPool2d } from "../graph/ops/max-pool.js";
import { concat, reshape, slice, transpose } from "../graph/ops/shape.js";
import { abs, detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { type ConstraintDefinition, taskFor, taskOption, weightOption } from "./constraint.js";
import { maskedAverage } from "./masked-average.js";

interface ScanDepthOptions {
  readonly weight: number;
  readonly edges: number;
  readonly depth?: string;
}

/** How many times as far as the nearest of a pixel and its eight neighbours the farthest is. */
function steps(depth: Tensor): Tensor {
  const most = (x: Tensor) => maxPool2d(x, { kernel: 3, stride: 1, padding: 1 }).output;
  return mul(most(depth), most(div(1, depth)));
}

/**
 * Mean over the points of a scan [N,4,P] of |z / d - 1|: z the measured depth, d that of a prediction
 * [N,1,H,W] at the point. 1/d is what is interpolated between pixels: it is linear in the picture on every
 * plane, so that exact depth costs nothing there. Points do not count where the predicted depth changes by
 * more than the share `edges` from a pixel to its neighbours: what lies between is neither.
 */
export function scanDistance(depth: Tensor, scan: Tensor, edges: number): Tensor {
  const [n, , height, width] = depth.shape;
  const points = scan.shape[2];
  const part = (channel: number) =>
    reshape(slice(scan, { axes: [1], starts: [channel], ends: [channel + 1] }), [n, 1, 1, points]);
  const toUnit = (pixels: Tensor, length: number) => sub(mul(pixels, 2 / Math.max(length - 1, 1)), 1);
  const grid = transpose(concat([toUnit(part(0), width), toUnit(part(1), height)], 1), [0, 2, 3, 1]);
  const at = (map: Tensor) => gridSample(map, grid, { padding: "border", alignCorners: true });
  const smooth = cast(less(at(detach(steps(depth))), 1 + edges), "float32");
  const error = abs(sub(mul(part(2), at(div(1, depth))), 1));
  return maskedAverage(error, mul(part(3), smooth));
}

export const scanDepth: ConstraintDefinition<ScanDepthOptions> = {
  name: "scan-depth",
  options: z.strictObject({
    weight: weightOption("of the relative error"),
    edges: z
      .number()
      .positive()
      .default(0.3)
      .describe("points do not count where predicted depth changes by more than this share to a neighbour"),
    depth: taskOption("depth"),
  }),
  needs: () => ({ tasks: { depth: "depth" }, scan: true }),
  build(context, options) {
    const { name } = taskFor(context, "scan-depth", "depth", options.depth);
    const { predictions, scan } = context.frame(0);
    if (scan === undefined) throw new RangeError("scan-depth: nobody gives the frame's scan");
    const value = scanDistance(predictions[name], scan, options.edges);
    return [{ name: "scan-depth", value, weight: options.weight }];
  },
};

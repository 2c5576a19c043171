/** @file Depth is smooth where the image is (Godard et al. 2017; Gordon et al. 2019). */
import { z } from "zod";
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMean } from "../graph/ops/reduce.js";
import { slice } from "../graph/ops/shape.js";
import { abs, exp, neg } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { type ConstraintDefinition, taskFor, taskOption, weightOption } from "./constraint.js";

interface DepthSmoothnessOptions {
  readonly weight: number;
  readonly depth?: string;
}

/** Differences of neighbours along an axis: one row or column less. */
function difference(x: Tensor, axis: 2 | 3): Tensor {
  const length = x.shape[axis];
  const part = (from: number) => slice(x, { axes: [axis], starts: [from], ends: [length - 1 + from] });
  return sub(part(0), part(1));
}

/**
 * Mean of |∂x d| e^{-|∂x I|} + that along y, of the disparity d = 1 / depth [N,1,H,W] divided by its mean in
 * each image; |∂I| is the mean over the colours of the image [N,3,H,W].
 */
export function disparityVariation(depth: Tensor, image: Tensor): Tensor {
  const disparity = div(1, depth);
  const relative = div(disparity, reduceMean(disparity, { axes: [1, 2, 3], keepDims: true }));
  const along = (axis: 2 | 3) => {
    const contrast = reduceMean(abs(difference(image, axis)), { axes: [1], keepDims: true });
    return reduceMean(mul(abs(difference(relative, axis)), exp(neg(contrast))));
  };
  return add(along(3), along(2));
}

export const depthSmoothness: ConstraintDefinition<DepthSmoothnessOptions> = {
  name: "depth-smoothness",
  options: z.strictObject({
    weight: weightOption("of the variation of disparity", 1e-2),
    depth: taskOption("depth"),
  }),
  needs: () => ({ tasks: { depth: "depth" } }),
  build(context, options) {
    const { name } = taskFor(context, "depth-smoothness", "depth", options.depth);
    const { predictions, image } = context.frame(0);
    const value = disparityVariation(predictions[name], image);
    return [{ name: "depth-smoothness", value, weight: options.weight }];
  },
};

/** @file Neighbouring points move alike: motion by itself is smooth (Gordon et al. 2019). */
import { z } from "zod";
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMean } from "../graph/ops/reduce.js";
import { concat, slice } from "../graph/ops/shape.js";
import { sqrt, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { type ConstraintDefinition, weightOption } from "./constraint.js";
import { everywhere } from "./points.js";

interface MotionSmoothnessOptions {
  readonly weight: number;
  readonly step: number;
}

/** x less itself one pixel before, along an axis, the first pixel's neighbour being the last. */
function wrappedDifference(x: Tensor, axis: 2 | 3): Tensor {
  const length = x.shape[axis];
  const last = slice(x, { axes: [axis], starts: [length - 1], ends: [length] });
  const others = slice(x, { axes: [axis], starts: [0], ends: [length - 1] });
  return sub(x, concat([last, others], axis));
}

/**
 * Mean of √(∂x² + ∂y²) of a residual motion [N,3,H,W] divided by the root mean square length of the whole
 * motion, residual and translation, of each sample: smoothness costs the same for slow and fast cameras.
 */
export function motionVariation(residual: Tensor, translation: Tensor): Tensor {
  const [, , height, width] = residual.shape;
  const whole = add(residual, everywhere(translation, [height, width]));
  const over = { axes: [1, 2, 3], keepDims: true };
  const scale = sqrt(add(mul(reduceMean(square(whole), over), 3), 1e-12));
  const relative = div(residual, scale);
  const changes = [2, 3].map((axis) => square(wrappedDifference(relative, axis as 2 | 3)));
  return reduceMean(sqrt(add(add(changes[0], changes[1]), 1e-24)));
}

export const motionSmoothness: ConstraintDefinition<MotionSmoothnessOptions> = {
  name: "motion-smoothness",
  options: z.strictObject({
    weight: weightOption("of the variation of motion, both directions", 1e-3),
    step: z.int().min(1).default(1).describe("frames between the two of a pair"),
  }),
  needs: ({ step }) => ({ tasks: {}, frames: { count: 2, step }, motion: true }),
  build(context, { weight }) {
    const variations = [context.motion(0, 1), context.motion(1, 0)].flatMap(({ residual, translation }) =>
      residual === null ? [] : [motionVariation(residual, translation)],
    );
    if (variations.length === 0) return [];
    const value = variations.reduce((sum, each) => add(sum, each));
    return [{ name: "motion-smoothness", value, weight }];
  },
};

/** @file There and back again is where one was (Gordon et al. 2019). */
import { z } from "zod";
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { constant } from "../graph/ops/leaf.js";
import { matmul } from "../graph/ops/matmul.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import {
  type ConstraintDefinition,
  type FrameMotion,
  taskFor,
  taskOption,
  weightOption,
} from "./constraint.js";
import { everywhere, rotated } from "./points.js";
import { inSight, type Warp, warpTo } from "./warp.js";

interface MotionCycleOptions {
  readonly weight: number;
  readonly rotation: number;
  readonly translation: number;
  readonly step: number;
  readonly depth?: string;
}

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];
/** Added to squared lengths that are divided by. */
const LEAST = 1e-24;

/** Mean over samples of ‖R₂R₁ - I‖² / (‖R₁ - I‖² + ‖R₂ - I‖²): R₁ and R₂ [N,3,3] undo each other. */
export function rotationCycle(there: Tensor, back: Tensor): Tensor {
  const unit = constant(IDENTITY, [1, 3, 3]);
  const squared = (matrix: Tensor) => reduceSum(square(sub(matrix, unit)), { axes: [1, 2] });
  const turned = squared(matmul(back, there));
  return reduceMean(div(turned, add(add(squared(there), squared(back)), LEAST)));
}

/** The whole motion of each point, [N,3,H,W]: translation and residual. */
function wholeMotion({ translation, residual }: FrameMotion, size: readonly [number, number]): Tensor {
  const shift = everywhere(translation, size);
  return residual === null ? shift : add(shift, residual);
}

/**
 * Mean over pixels in sight of ‖R₂ t₁(p) + t₂(p')‖² / (‖t₁‖² + ‖t₂‖²): what moves a point there, turned as
 * the other camera sees it, is undone by what moves it back. `warp` leads from the pixels of `there` to those
 * of `back`; t₂ is sampled where the point goes.
 */
export function translationCycle(
  there: FrameMotion,
  back: FrameMotion,
  warp: Warp,
  visible: Tensor,
  size: readonly [number, number],
): Tensor {
  const first = wholeMotion(there, size);
  const second = warp.sample(wholeMotion(back, size));
  const over = { axes: [1], keepDims: true };
  const open = reduceSum(square(add(rotated(back.rotation, first), second)), over);
  const lengths = add(reduceSum(square(first), over), reduceSum(square(second), over));
  return reduceMean(mul(div(open, add(lengths, LEAST)), visible));
}

export const motionCycle: ConstraintDefinition<MotionCycleOptions> = {
  name: "motion-cycle",
  options: z.strictObject({
    weight: weightOption("of both errors together"),
    rotation: z.number().nonnegative().default(1e-3).describe("weight of the rotation's error"),
    translation: z.number().nonnegative().default(1e-2).describe("weight of the translation's error"),
    step: z.int().min(1).default(1).describe("frames between the two of a pair"),
    depth: taskOption("depth"),
  }),
  needs: ({ step }) => ({
    tasks: { depth: "depth" },
    frames: { count: 2, step },
    camera: true,
    motion: true,
  }),
  build(context, options) {
    const { name } = taskFor(context, "motion-cycle", "depth", options.depth);
    const motions = [context.motion(0, 1), context.motion(1, 0)];
    const translations = motions.map((there, from) => {
      const [here, other] = [context.frame(from), context.frame(1 - from)];
      const warp = warpTo(here.predictions[name], here.camera, other.camera, there);
      const seen = warp.sample(other.predictions[name]);
      return translationCycle(there, motions[1 - from], warp, inSight(warp, seen), context.size);
    });
    const [there, back] = motions.map(({ rotation }) => rotation);
    const { weight } = options;
    return [
      {
        name: "motion-cycle.rotation",
        value: add(rotationCycle(there, back), rotationCycle(back, there)),
        weight: weight * options.rotation,
      },
      {
        name: "motion-cycle.translation",
        value: add(translations[0], translations[1]),
        weight: weight * options.translation,
      },
    ];
  },
};

/** @file What a pixel shows stays what it is where it goes (Taskology eq. 6, and eq. 7, weighed by pixel). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMax, reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { concat, slice } from "../graph/ops/shape.js";
import { abs, detach, sqrt, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { type ConstraintDefinition, taskFor, taskOption, weightOption } from "./constraint.js";
import { maskedAverage } from "./masked-average.js";
import { mostProbable, movableMask, movableOption } from "./movable.js";
import { warpTo } from "./warp.js";

interface SegmentationFlowOptions {
  readonly weight: number;
  readonly distance: "l2" | "weighted";
  readonly alpha: number;
  readonly beta: number;
  readonly gamma: number;
  readonly step: number;
  readonly flow: "learns" | "fixed";
  readonly movable?: readonly string[];
  readonly dilation: number;
  readonly depth?: string;
  readonly segmentation?: string;
}

/**
 * The edges of an image [N,3,H,W]: length of the gradient by central differences, mean over colours, divided
 * by its largest value in the image, so that 1 is the most it can be: [N,1,H,W].
 */
export function edges(image: Tensor): Tensor {
  const [, , height, width] = image.shape;
  const replicated = (axis: 2 | 3) => {
    const length = axis === 2 ? height : width;
    const row = (at: number) => slice(image, { axes: [axis], starts: [at], ends: [at + 1] });
    const longer = concat([row(0), image, row(length - 1)], axis);
    const part = (from: number) => slice(longer, { axes: [axis], starts: [from], ends: [from + length] });
    return mul(sub(part(2), part(0)), 0.5);
  };
  const squared = add(square(replicated(2)), square(replicated(3)));
  const length = reduceMean(sqrt(add(squared, 1e-12)), { axes: [1], keepDims: true });
  const largest = reduceMax(length, { axes: [1, 2, 3], keepDims: true });
  return detach(div(length, maximum(largest, 1e-6)));
}

/**
 * Of logits l [N,C,H,W] and those of the other frame l' sampled at their pixels: the sum over classes of (l'
 * - l)² (eq. 6), or of |l' - l| (α + β [c = argmax l] + γ E(I)) (eq. 7): [N,1,H,W].
 */
export function logitDifference(
  logits: Tensor,
  sampled: Tensor,
  image: Tensor,
  { distance, alpha, beta, gamma }: Pick<SegmentationFlowOptions, "distance" | "alpha" | "beta" | "gamma">,
): Tensor {
  const over = { axes: [1], keepDims: true };
  const difference = sub(sampled, logits);
  if (distance === "l2") return reduceSum(square(difference), over);
  const weight = add(add(mul(mostProbable(logits), beta), alpha), mul(edges(image), gamma));
  return reduceSum(mul(abs(difference), weight), over);
}

export const segmentationFlow: ConstraintDefinition<SegmentationFlowOptions> = {
  name: "segmentation-flow",
  options: z.strictObject({
    weight: weightOption("of the difference of logits"),
    distance: z
      .enum(["l2", "weighted"])
      .default("l2")
      .describe("l2: eq. 6; weighted: eq. 7, by class and by edges of the image"),
    alpha: z.number().nonnegative().default(0.2).describe("of eq. 7: weight of every class"),
    beta: z.number().nonnegative().default(0.4).describe("of eq. 7: further weight of the likeliest class"),
    gamma: z.number().nonnegative().default(0.4).describe("of eq. 7: further weight at edges of the image"),
    step: z.int().min(1).default(1).describe("frames between the two of a pair"),
    flow: z
      .enum(["learns", "fixed"])
      .default("learns")
      .describe("learns: depth and motion learn from it, too; fixed: segmentation alone"),
    movable: movableOption,
    dilation: z.int().min(0).default(0).describe("pixels by which masks of movable things are widened"),
    depth: taskOption("depth"),
    segmentation: taskOption("segmentation"),
  }),
  needs: ({ step }) => ({
    tasks: { depth: "depth", segmentation: "segmentation" },
    frames: { count: 2, step },
    camera: true,
    motion: true,
  }),
  build(context, options) {
    const depth = taskFor(context, "segmentation-flow", "depth", options.depth).name;
    const segmentation = taskFor(context, "segmentation-flow", "segmentation", options.segmentation);
    const fixed = (tensor: Tensor) => (options.flow === "fixed" ? detach(tensor) : tensor);
    const directions = [
      [0, 1],
      [1, 0],
    ].map(([from, to]) => {
      const [here, there] = [context.frame(from), context.frame(to)];
      const { rotation, translation, residual } = context.motion(from, to);
      const logits = here.predictions[segmentation.name];
      const mask =
        residual === null
          ? undefined
          : movableMask(logits, segmentation, "segmentation-flow", options.movable, options.dilation);
      const motion = {
        rotation: fixed(rotation),
        translation: fixed(translation),
        residual: residual && fixed(residual),
      };
      const warp = warpTo(fixed(here.predictions[depth]), here.camera, there.camera, motion, mask);
      const sampled = warp.sample(there.predictions[segmentation.name]);
      // The paper sums over pixels; a mean makes the weight the same for every size.
      return maskedAverage(logitDifference(logits, sampled, here.image, options), warp.inside);
    });
    const value = add(directions[0], directions[1]);
    return [{ name: "segmentation-flow", value, weight: options.weight }];
  },
};

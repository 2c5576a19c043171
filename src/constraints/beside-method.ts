/**
 * @file A constraint as a method's companion: `method: {with: [{name: depth-normals}]}` ties the heads of one
 * network; motion between frames is that of the poses that the data gives.
 */
import type { ExtraArray } from "../fields/layout.js";
import { sub } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reshape, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { MethodContext, MethodDefinition } from "../methods/method.js";
import { networkPass } from "../methods/supervised.js";
import type { ConstraintContext, ConstraintDefinition, FrameMotion } from "./constraint.js";

/** [N,3,3] and [N,3,1] of poses [N,3,4]. */
function partsOf(pose: Tensor): { rotation: Tensor; position: Tensor } {
  const columns = (start: number, end: number) => slice(pose, { axes: [2], starts: [start], ends: [end] });
  return { rotation: columns(0, 3), position: columns(3, 4) };
}

/**
 * From the points of one camera to those of another, by where both stand in their scene (poses [N,3,4],
 * camera to scene): R = R₂ᵀR₁, T = R₂ᵀ(p₁ - p₂). Nothing moves by itself.
 */
export function motionBetween(from: Tensor, to: Tensor): FrameMotion {
  const [first, second] = [partsOf(from), partsOf(to)];
  const back = swapLast(second.rotation);
  const shift = matmul(back, sub(first.position, second.position));
  return {
    rotation: matmul(back, first.rotation),
    translation: reshape(shift, [from.shape[0], 3]),
    residual: null,
  };
}

/** What a constraint sees beside a method: view 0 of the stream `main`. */
function contextOf(context: MethodContext): ConstraintContext {
  const { tasks, batchSize, size } = context;
  return {
    ...{ tasks, batchSize, size },
    frame: (index) => {
      const image = context.image(0, index);
      return {
        image,
        get camera() {
          return context.camera(0, index);
        },
        get predictions() {
          return networkPass(context, image).predictions;
        },
      };
    },
    motion: (from, to) => motionBetween(context.pose(0, from), context.pose(0, to)),
  };
}

/** A constraint as a method that has no supervised terms. */
export function constraintMethod<O>(constraint: ConstraintDefinition<O>): MethodDefinition<O> {
  return {
    name: constraint.name,
    options: constraint.options,
    // A task without labels learns from the task that it is tied to.
    learnsUnlabelled: true,
    frames: (options) => constraint.needs(options).frames,
    arrays: (options) => {
      const { camera, motion } = constraint.needs(options);
      const arrays: ExtraArray[] = [];
      if (camera) arrays.push("camera");
      if (motion) arrays.push("pose");
      return arrays;
    },
    build: (context, options) => ({ terms: constraint.build(contextOf(context), options) }),
  };
}

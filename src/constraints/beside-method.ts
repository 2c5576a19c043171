/**
 * @file A constraint as a method's companion: `method: {with: [{name: depth-normals}]}` ties the heads of one
 * network; motion between frames is what a task predicts, else that of the poses that the data gives.
 */
import type { ExtraArray } from "../fields/layout.js";
import { sub } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reshape, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { MethodContext, MethodDefinition } from "../methods/method.js";
import { networkPass } from "../methods/supervised.js";
import type { Task } from "../tasks/task.js";
import type { ConstraintContext, ConstraintDefinition, ConstraintNeeds, FrameMotion } from "./constraint.js";
import { extendedRun, framesOf } from "./frame-runs.js";
import { constraintContext, motionTask, predictsIntrinsics } from "./predicted-motion.js";

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
function contextOf(context: MethodContext, count: number): ConstraintContext {
  const { tasks, batchSize, size, network } = context;
  const passOver = (frames: readonly number[]) =>
    networkPass(context, context.clip(extendedRun(frames, network.frames ?? 1, count)));
  return constraintContext({
    ...{ tasks, batchSize, size },
    image: (frame) => context.image(0, frame),
    camera: (frame) => context.camera(0, frame),
    scan: (frame) => context.scan(0, frame),
    givenMotion: (from, to) => motionBetween(context.pose(0, from), context.pose(0, to)),
    predictions: (frames) => predictionsOf(tasks, frames, passOver(frames).predictions),
    coarser: (frame) => passOver([frame]).coarser,
  });
}

/** Of predictions by task name those that concern as many frames. */
export function predictionsOf<T>(
  tasks: readonly Task[],
  frames: readonly number[],
  predictions: Readonly<Record<string, T>>,
): Record<string, T> {
  const concerned = tasks.filter((task) => framesOf(task) === frames.length);
  return Object.fromEntries(concerned.map(({ name }) => [name, predictions[name]]));
}

/** The arrays that a constraint wants of the data, given what the tasks predict. */
export function neededArrays(
  { camera = false, motion = false, scan = false }: ConstraintNeeds,
  tasks: readonly Task[],
): ExtraArray[] {
  const mover = motionTask(tasks);
  const arrays: ExtraArray[] = [];
  if (camera && (mover === undefined || !predictsIntrinsics(mover))) arrays.push("camera");
  if (motion && mover === undefined) arrays.push("pose");
  if (scan) arrays.push("scan");
  return arrays;
}

/** A constraint as a method that has no supervised terms. */
export function constraintMethod<O>(constraint: ConstraintDefinition<O>): MethodDefinition<O> {
  return {
    name: constraint.name,
    options: constraint.options,
    // A task without labels learns from the task that it is tied to.
    learnsUnlabelled: true,
    frames: (options) => constraint.needs(options).frames,
    arrays: (options, tasks) => neededArrays(constraint.needs(options), tasks),
    build(context, options) {
      const wanted = constraint.needs(options).frames?.count ?? 1;
      const count = Math.max(wanted, context.network.frames ?? 1);
      return { terms: constraint.build(contextOf(context, count), options) };
    },
  };
}

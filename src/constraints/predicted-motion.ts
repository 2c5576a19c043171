/** @file Motion and intrinsics that a task `motion` predicts, as constraints take them. */
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { concat, reshape, slice } from "../graph/ops/shape.js";
import { cos, neg, sin } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Coarser } from "../models/network.js";
import { MOTION_CHANNELS } from "../tasks/motion.js";
import type { Task } from "../tasks/task.js";
import { type ConstraintContext, type FrameMotion, taskFor } from "./constraint.js";

/** The task that predicts motion; undefined where none does. Throws UserError where several do. */
export function motionTask(tasks: readonly Task[]): Task | undefined {
  const some = tasks.some(({ kind }) => kind.kind === "motion");
  return some ? taskFor({ tasks }, "motion", "motion") : undefined;
}

/** Whether a task predicts the camera's intrinsics. */
export function predictsIntrinsics(task: Task): boolean {
  return task.kind.learning.channels(task.spec) >= MOTION_CHANNELS.intrinsics[1];
}

/** Channels of a prediction that are the same at every pixel: [N,channels]. */
function constantPart(prediction: Tensor, [start, end]: readonly [number, number]): Tensor {
  const corner = slice(prediction, { axes: [1, 2, 3], starts: [start, 0, 0], ends: [end, 1, 1] });
  return reshape(corner, [prediction.shape[0], end - start]);
}

/** Rx(a) Ry(b) Rz(c) [N,3,3] of angles a, b, c [N,3] in radians. */
export function rotationOf(angles: Tensor): Tensor {
  const n = angles.shape[0];
  const at = (axis: number) => slice(angles, { axes: [1], starts: [axis], ends: [axis + 1] });
  const [a, b, c] = [at(0), at(1), at(2)];
  const [sa, sb, sc, ca, cb, cc] = [sin(a), sin(b), sin(c), cos(a), cos(b), cos(c)];
  const [sasb, casb] = [mul(sa, sb), mul(ca, sb)];
  const rows = [
    ...[mul(cb, cc), neg(mul(cb, sc)), sb],
    ...[add(mul(sasb, cc), mul(ca, sc)), sub(mul(ca, cc), mul(sasb, sc)), neg(mul(sa, cb))],
    ...[sub(mul(sa, sc), mul(casb, cc)), add(mul(casb, sc), mul(sa, cc)), mul(ca, cb)],
  ];
  return reshape(concat(rows, 1), [n, 3, 3]);
}

/** The motion that a prediction [N,C,H,W] tells. */
export function predictedMotion(prediction: Tensor): FrameMotion {
  const [start, end] = MOTION_CHANNELS.residual;
  return {
    rotation: rotationOf(constantPart(prediction, MOTION_CHANNELS.angles)),
    translation: constantPart(prediction, MOTION_CHANNELS.translation),
    residual: slice(prediction, { axes: [1], starts: [start], ends: [end] }),
  };
}

/**
 * The camera's motion undone, Rᵀ and -RᵀT, beside the residual motion of the points that are seen where it
 * starts.
 */
export function cameraBack({ rotation, translation }: FrameMotion, residual: Tensor | null): FrameMotion {
  const n = translation.shape[0];
  const back = swapLast(rotation);
  const shift = matmul(back, reshape(translation, [n, 3, 1]));
  return { rotation: back, translation: neg(reshape(shift, [n, 3])), residual };
}

/** fx, fy, cx, cy [N,4] that predictions of one pair tell, both ways: their mean. */
export function predictedIntrinsics(there: Tensor, back: Tensor): Tensor {
  const { intrinsics } = MOTION_CHANNELS;
  return mul(add(constantPart(there, intrinsics), constantPart(back, intrinsics)), 0.5);
}

/** Where the parts of a constraint's context come from. */
export interface FrameSource extends Pick<ConstraintContext, "tasks" | "batchSize" | "size"> {
  image(frame: number): Tensor;
  /** As the data gives it, [N,4]. */
  camera(frame: number): Tensor;
  /** What a LiDAR hit, [N,4,P], where the data says so. */
  scan?(frame: number): Tensor;
  /** From one frame to another as the data's poses give it. */
  givenMotion(from: number, to: number): FrameMotion;
  /** Activated predictions of the tasks that concern so many frames, in this order, by name. */
  predictions(frames: readonly number[]): Readonly<Record<string, Tensor>>;
  /** The same of the run's own network made from smaller maps. */
  coarser?(frame: number): Coarser;
}

/** What a constraint sees: motion and intrinsics as they are predicted, where a task does, else given. */
export function constraintContext(source: FrameSource): ConstraintContext {
  const { tasks, batchSize, size } = source;
  const mover = motionTask(tasks);
  const moved = (from: number, to: number) => source.predictions([from, to])[mover!.name];
  const camera = (frame: number) => {
    if (mover === undefined || !predictsIntrinsics(mover)) return source.camera(frame);
    // All frames are of one camera, which the first pair shows.
    return predictedIntrinsics(moved(0, 1), moved(1, 0));
  };
  return {
    ...{ tasks, batchSize, size },
    frame: (index) => ({
      image: source.image(index),
      get camera() {
        return camera(index);
      },
      get scan() {
        return source.scan?.(index);
      },
      get predictions() {
        return source.predictions([index]);
      },
      get coarser() {
        return source.coarser?.(index) ?? {};
      },
    }),
    motion: (from, to) =>
      mover === undefined ? source.givenMotion(from, to) : predictedMotion(moved(from, to)),
  };
}

/**
 * @file What a constraint is: a known relation between tasks, as loss terms over what they predict. It sees
 * predictions, images, cameras and motion, and nothing of who predicted them.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { FramesPlan } from "../fields/layout.js";
import type { Tensor } from "../graph/tensor.js";
import type { LossTerm } from "../methods/method.js";
import type { Coarser } from "../models/network.js";
import type { Task } from "../tasks/task.js";

/** One frame of each sample. */
export interface ConstraintFrame {
  /** [N,3,H,W], 0 to 1. */
  readonly image: Tensor;
  /** [N,4], fx, fy, cx, cy in pixels. */
  readonly camera: Tensor;
  /** [N,4,P], what a LiDAR hit (`scanField`), where the constraint needs it. */
  readonly scan?: Tensor;
  /** Activated predictions [N,C,H,W] by task name, of tasks that concern a single frame. */
  readonly predictions: Readonly<Record<string, Tensor>>;
  /** The same made from smaller maps, where a network of the run's own does so; peers tell none. */
  readonly coarser?: Coarser;
}

/**
 * How points move from one frame to another: a point p of the first camera (x right, y down, z forward,
 * metres) lies at `rotation` p + `translation` + `residual` in the second one's coordinates.
 */
export interface FrameMotion {
  /** [N,3,3] */
  readonly rotation: Tensor;
  /** [N,3], metres. */
  readonly translation: Tensor;
  /**
   * [N,3,H,W], metres, of the points seen at the first frame's pixels; null where nothing moves by itself.
   */
  readonly residual: Tensor | null;
}

/** What a constraint builds its terms from. */
export interface ConstraintContext {
  readonly tasks: readonly Task[];
  /** Samples a batch: N. */
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  /** Frame 0 is the earliest. */
  frame(index: number): ConstraintFrame;
  /** From frame `from` to frame `to`: as a task predicts it, or of the data's poses where none does. */
  motion(from: number, to: number): FrameMotion;
}

/** What a constraint has to be given. */
export interface ConstraintNeeds {
  /** Kinds of the tasks it ties, by the part they play in it. */
  readonly tasks: Readonly<Record<string, string>>;
  /** Frames of a sequence; single images if left out. */
  readonly frames?: FramesPlan;
  readonly camera?: boolean;
  readonly motion?: boolean;
  /** What a LiDAR beside the camera hit. */
  readonly scan?: boolean;
}

/**
 * A constraint of the registry. `options` validates what stands beside its name in a configuration; each has
 * a `weight`.
 */
export interface ConstraintDefinition<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  needs(options: O): ConstraintNeeds;
  build(context: ConstraintContext, options: O): readonly LossTerm[];
}

/** The option `weight` of a constraint. */
export function weightOption(what: string, weight = 1): z.ZodDefault<z.ZodNumber> {
  return z.number().nonnegative().default(weight).describe(`weight ${what}`);
}

/** The option that names the task which plays a part. */
export function taskOption(kind: string): z.ZodOptional<z.ZodString> {
  return z.string().min(1).optional().describe(`the task of kind ${kind}, where the run has several`);
}

/**
 * The run's task that plays a part in a constraint: the one of that kind, or of that name where several are.
 * @throws UserError where there is none, or several and none is named.
 */
export function taskFor(
  { tasks }: Pick<ConstraintContext, "tasks">,
  constraint: string,
  kind: string,
  named?: string,
): Task {
  const candidates = tasks.filter((task) => task.kind.kind === kind);
  const found =
    named === undefined
      ? candidates.length === 1
        ? candidates[0]
        : undefined
      : candidates.find(({ name }) => name === named);
  if (found !== undefined) return found;
  const names = candidates.map(({ name }) => name).join(", ");
  throw new UserError({
    code: "constraint.no-task",
    where: constraint,
    what: `the constraint ties a task of kind ${kind}, and ${
      candidates.length > 1 && named === undefined ? "there are several" : "there is none"
    }${named === undefined ? "" : ` called ${named}`}`,
    expected: candidates.length === 0 ? undefined : `one of ${names}`,
    got: candidates.length === 0 ? tasks.map(({ name }) => name).join(", ") : undefined,
    fix:
      candidates.length === 0
        ? "Train such a task, too, or leave the constraint out."
        : "Name it in the constraint's options.",
  });
}

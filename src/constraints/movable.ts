/** @file Which pixels show things that may move by themselves (Taskology eq. 2). */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { mul } from "../graph/ops/arithmetic.js";
import { cast, equal } from "../graph/ops/compare.js";
import { constant } from "../graph/ops/leaf.js";
import { maxPool2d } from "../graph/ops/max-pool.js";
import { reduceMax } from "../graph/ops/reduce.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Task } from "../tasks/task.js";

/** The classes that move by themselves, by the names that street scenes give them (Table 5). */
export const MOVABLE_CLASSES = [
  ...["person", "rider", "bicycle", "car", "motorcycle", "bus", "truck", "train", "trailer", "caravan"],
] as const;

/** The option that names them. */
export const movableOption = z
  .array(z.string().min(1))
  .min(1)
  .optional()
  .describe(`classes of things that move by themselves; those of ${MOVABLE_CLASSES.join(", ")} if left out`);

/** 1 for the most probable class of each pixel of logits [N,C,H,W], else 0; no gradient passes it. */
export function mostProbable(logits: Tensor): Tensor {
  const fixed = detach(logits);
  return cast(equal(fixed, reduceMax(fixed, { axes: [1], keepDims: true })), "float32");
}

/**
 * m [N,1,H,W]: 1 where the most probable class of logits [N,C,H,W] is a movable one, in no gradient's way.
 * Masks are widened by `dilation` pixels to each side.
 * @throws UserError where the task has none of the classes.
 */
export function movableMask(
  logits: Tensor,
  task: Task,
  where: string,
  classes: readonly string[] | undefined,
  dilation = 0,
): Tensor {
  const names = (task.spec as { classes?: readonly string[] }).classes ?? [];
  const wanted = classes ?? MOVABLE_CLASSES.filter((name) => names.includes(name));
  const stray = wanted.find((name) => !names.includes(name));
  if (stray !== undefined || wanted.length === 0) {
    throw new UserError({
      code: "constraint.no-class",
      where: `${where}: movable`,
      what: `the task ${task.name} has ${stray === undefined ? "no class of things that move" : `no class ${stray}`}`,
      expected: names.join(", "),
      fix: "Name the classes that move: `movable: [...]`.",
    });
  }
  const flags = names.map((name) => (wanted.includes(name) ? 1 : 0));
  const movable = mul(mostProbable(logits), constant(flags, [1, names.length, 1, 1]));
  const mask = reduceMax(movable, { axes: [1], keepDims: true });
  if (dilation === 0) return mask;
  return maxPool2d(mask, { kernel: 2 * dilation + 1, stride: 1, padding: dilation }).output;
}

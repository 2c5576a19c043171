/** @file A loss that is no number any more ends a run, before anything good is overwritten. */
import { UserError } from "../common/errors.js";
import type { StepResult } from "../step/trainer.js";

/**
 * @param step The step just done, from 1.
 * @param lastGood A sentence that says where the last good checkpoint is.
 * @throws UserError `training.diverged` naming the term.
 */
export function requireFiniteLosses({ losses, values }: StepResult, step: number, lastGood: string): void {
  const found = Object.entries({ ...losses, ...values }).find(
    ([, value]) => value !== null && !Number.isFinite(value),
  );
  if (found === undefined) return;
  const [name, value] = found;
  throw new UserError({
    code: "training.diverged",
    what: `training diverged: the loss term ${name} is ${value} at step ${step}`,
    fix: `${lastGood} Lower optimizer.learningRate, set clipNorm, or check the labels with \`taskloom data inspect\`.`,
  });
}

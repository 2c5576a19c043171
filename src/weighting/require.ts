/** @file Whether there is something to weigh. */
import { UserError } from "../common/errors.js";
import type { WeightingContext, WeightingDefinition } from "./weighting.js";

/**
 * Throws UserError where a step has fewer objectives than a weighting is for, or no parameters that two of
 * them share where it weighs by the gradients in those.
 */
export function requireWeighable(
  { name, least, needsShared }: WeightingDefinition,
  context: Pick<WeightingContext, "objectives" | "shared">,
): void {
  const names = context.objectives.map((objective) => objective.name);
  if (names.length < least) {
    throw new UserError({
      code: "weighting.too-few-tasks",
      what: `${name} weighs the losses of tasks against each other and there are too few`,
      where: "weighting",
      expected: `${least} tasks or more`,
      got: names.length === 0 ? "none" : names.join(", "),
      fix: "Train further tasks of the dataset, or choose `weighting: {name: equal}`.",
    });
  }
  if (needsShared && context.shared.length === 0) {
    throw new UserError({
      code: "weighting.nothing-shared",
      what: `${name} weighs by the gradients in parameters that tasks share, and these networks share none`,
      where: "weighting",
      got: names.join(", "),
      fix: "Choose a method with one network for all tasks, or `weighting: {name: equal}`.",
    });
  }
}

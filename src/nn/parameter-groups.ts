/** @file Groups of parameters with an optimizer and a learning rate of their own. */
import type { Variable } from "./module.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import { type ScheduleSpec, scheduleFactor } from "./schedules.js";
import type { StepInput } from "./step-input.js";
import { scalarName } from "./training-graph.js";

/** A group that a method or a weighting asks for. Parameters are declared in it by `Scope.inGroup`. */
export interface GroupPlan {
  /** Names the group's slots in checkpoints; unique within a step, not `main`. */
  readonly name: string;
  /** The run's own if left out. */
  readonly optimizer?: Optimizer;
  /** Base rate; the run's own if left out. */
  readonly learningRate?: number;
  /** The run's own if left out. */
  readonly schedule?: ScheduleSpec;
}

/** The group of all parameters that were declared in no other. */
export const MAIN_GROUP = "main";

/** Parameters that share an optimizer and a learning rate. */
export interface ParameterGroup {
  /** Prefix of its scalar inputs and slots. Unique within a step. */
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly parameters: readonly Variable[];
  /** Learning rate of the update after `step` earlier ones. */
  rate(step: number): number;
}

/** What groups have where their plans say nothing. */
export interface GroupDefaults {
  readonly optimizer: Optimizer;
  readonly learningRate: number;
  readonly schedule: ScheduleSpec;
  /** Length of the run, which schedules are stretched over. */
  readonly steps: number;
}

/**
 * `main` and the planned groups, each with its parameters. Throws RangeError where a parameter's group was
 * never planned.
 */
export function parameterGroups(
  parameters: readonly Variable[],
  plans: readonly GroupPlan[],
  defaults: GroupDefaults,
): ParameterGroup[] {
  const all = [{ name: MAIN_GROUP }, ...plans];
  const stray = parameters.find(({ group = MAIN_GROUP }) => !all.some(({ name }) => name === group));
  if (stray !== undefined)
    throw new RangeError(`${stray.name} is of group ${stray.group}, which nobody planned`);
  const twice = all.find(({ name }, i) => all.findIndex((each) => each.name === name) !== i);
  if (twice !== undefined) throw new RangeError(`two groups of parameters are called ${twice.name}`);
  return all.map((plan: GroupPlan) => {
    const { name, optimizer, learningRate, schedule } = { ...defaults, ...defined(plan) };
    return {
      name,
      optimizer,
      parameters: parameters.filter(({ group = MAIN_GROUP }) => group === name),
      rate: (step) => learningRate * scheduleFactor(schedule, step, defaults.steps),
    };
  });
}

/** Without the fields that are undefined. */
function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

/** The scalars that optimizers take at an update, from each group's rate and the number of updates done. */
export function optimizerInputs(groups: readonly ParameterGroup[]): StepInput[] {
  return groups.flatMap((group) =>
    Object.keys(group.optimizer.scalars(1, 0)).map((scalar) => ({
      name: scalarName(group, scalar),
      shape: [],
      value: ({ step }) => Float32Array.of(group.optimizer.scalars(group.rate(step), step)[scalar]),
    })),
  );
}

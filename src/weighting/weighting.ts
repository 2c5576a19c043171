/**
 * @file What a weighting is: from the objectives of a step to what is minimised, or to gradients in its
 * place.
 */
import type { z } from "zod";
import type { Tensor } from "../graph/tensor.js";
import type { Variable } from "../nn/module.js";
import type { GroupPlan } from "../nn/parameter-groups.js";
import type { Scope } from "../nn/scope.js";
import type { StepInput } from "../nn/step-input.js";

/** What is to be weighed against the others: the terms of one task, or others that a method counts as one. */
export interface Objective {
  readonly name: string;
  /**
   * Whether its loss is a negative log likelihood of classes, or a distance; weightings by uncertainty differ
   * in it.
   */
  readonly likelihood: "classification" | "regression";
  /** Scalar, its terms' own weights and ramps included. */
  readonly loss: Tensor;
  /** Scalar, 1 where the batch says something about it, else 0: then it is no objective of this step. */
  readonly present: Tensor;
}

/** What a weighting has at hand. */
export interface WeightingContext {
  readonly objectives: readonly Objective[];
  /** Where its own parameters and state are declared; they are dropped after training. */
  readonly scope: Scope;
  /** Parameters that the gradients of two or more objectives reach, as far as the graph's structure tells. */
  readonly shared: readonly Variable[];
  /** The parameters of the last layer that all heads share; empty where they share none. */
  readonly lastShared: readonly Variable[];
  /** The gradients of one objective, for all parameters it reaches. */
  gradients(objective: Objective): ReadonlyMap<Variable, Tensor>;
  /** Dot products of the objectives' gradients over parameters, `shared` if left out: [K,K]. */
  gram(over?: readonly Variable[]): Tensor;
  /** The leaf of an array that the host feeds at each step, e.g. `noiseInput`. */
  input(wanted: StepInput): Tensor;
  /** A value that lives from step to step. `next` says what it becomes; left unsaid, it stays. */
  state(
    name: string,
    shape: readonly number[],
    start: number,
  ): { readonly now: Tensor; next(value: Tensor): void };
}

/** What a weighting makes of the objectives. */
export interface Weighted {
  /** Minimised, and logged (with what no objective counts) as `total`. */
  readonly loss: Tensor;
  /** In place of the loss's gradients; parameters that are not there get those of the loss. */
  readonly gradients?: ReadonlyMap<Variable, Tensor>;
  /** Scalars to log, e.g. `weight depth`. */
  readonly values?: Readonly<Record<string, Tensor>>;
}

/** A weighting of the registry. `options` validates what stands under `weighting:` besides the name. */
export interface WeightingDefinition<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  /** Fewest objectives it makes sense for. */
  readonly least: number;
  /** Whether it weighs by gradients in parameters that objectives share, so that there have to be some. */
  readonly needsShared?: boolean;
  /** A group for its own parameters; they are trained as all others if left out. */
  group?(options: O): GroupPlan;
  combine(context: WeightingContext, options: O): Weighted;
}

/** A weighting with its checked options. */
export interface ConfiguredWeighting {
  readonly weighting: WeightingDefinition;
  readonly options: unknown;
}

/** Name under which an objective's weight is logged. */
export const weightName = (objective: Pick<Objective, "name">): string => `weight ${objective.name}`;

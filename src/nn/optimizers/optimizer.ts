/**
 * @file The contract of an optimizer: pure functions over tensors, so that the update is part of the step's
 * graph.
 */
import type { Tensor } from "../../graph/tensor.js";

export interface ParameterUpdate {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<string, Tensor>>;
}

export interface Optimizer {
  readonly name: string;
  /** Slots of a parameter's shape, all starting at zero, e.g. Adam's `m` and `v`. */
  readonly slots: readonly string[];
  /**
   * Scalars the update needs, from the learning rate and the number of updates done before this one; computed
   * in double precision.
   */
  scalars(learningRate: number, updatesDone: number): Readonly<Record<string, number>>;
  /** New parameter and slots. All tensors have the parameter's shape, scalars are rank 0. */
  update(
    parameter: Tensor,
    gradient: Tensor,
    slots: Readonly<Record<string, Tensor>>,
    scalars: Readonly<Record<string, Tensor>>,
  ): ParameterUpdate;
}

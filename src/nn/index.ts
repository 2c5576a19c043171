/**
 * @file Networks' building blocks: modules and their variables, layers, optimizers, schedules, and the
 * training step's graph.
 */
export * from "./initializers.js";
export { Layer } from "./layer.js";
export * from "./layers.js";
export * from "./module.js";
export * from "./norms.js";
export { type AdamOptions, adam, adamw } from "./optimizers/adam.js";
export { type OptimizerDefinition, optimizers } from "./optimizers/index.js";
export type { Optimizer, ParameterUpdate } from "./optimizers/optimizer.js";
export { type SgdOptions, sgd } from "./optimizers/sgd.js";
export * from "./parameter-groups.js";
export { type ScheduleSpec, scheduleFactor } from "./schedules.js";
export { Forward, type ForwardOptions, type Scope } from "./scope.js";
export * from "./step-input.js";
export {
  gradientsOf,
  type StateBinding,
  type StepGraph,
  slotName,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";

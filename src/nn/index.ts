/** @file Networks' building blocks: parameter scopes, layers, optimizers, schedules, and the training step's graph. */
export * from "./initializers.js";
export * from "./layers.js";
export { type AdamOptions, adam, adamw } from "./optimizers/adam.js";
export { type OptimizerDefinition, optimizers } from "./optimizers/index.js";
export type { Optimizer, ParameterUpdate } from "./optimizers/optimizer.js";
export { type SgdOptions, sgd } from "./optimizers/sgd.js";
export { type ScheduleSpec, scheduleFactor } from "./schedules.js";
export { Forward, type ForwardOptions, Scope, type Variable, VariableStore } from "./scope.js";
export {
  emaName,
  optimizerFeeds,
  type ParameterGroup,
  type StateBinding,
  type StepGraph,
  slotName,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";

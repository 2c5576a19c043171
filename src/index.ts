/**
 * @file Taskloom: multi-task vision networks trained from partly labelled images.
 *
 * What most programs need stands here; each layer has an export path of its own (`taskloom/graph`,
 * `taskloom/nn`, ...).
 */
export { GraphError, UsageError, UserError, type UserErrorFacts } from "./common/errors.js";
export { Random } from "./common/random.js";
export {
  type Dataset,
  type DatasetSource,
  inspectDataset,
  openDataset,
  type Sample,
  stripLabels,
  worldByName,
  writeWorld,
} from "./data/index.js";
export { type MethodDefinition, methods } from "./methods/index.js";
export { type ModelDefinition, models } from "./models/index.js";
export { optimizers } from "./nn/index.js";
export { htmlReport, writeComparison, writeRunReport } from "./report/index.js";
export { inspectMachine, nodeEngine } from "./runtime/index.js";
export { type Task, type TaskKind, taskKinds } from "./tasks/index.js";
export {
  evaluateRun,
  exportFiles,
  exportRun,
  findRun,
  openModel,
  parseConfig,
  predictFiles,
  type RunConfig,
  readConfig,
  readMetrics,
  readModel,
  type TaskMetrics,
  type TrainOptions,
  type TrainResult,
  train,
} from "./training/index.js";

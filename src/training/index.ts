/** @file Training: configurations, runs, checkpoints, evaluation, prediction and export. */

export { readSafetensors, type StoredArray, writeSafetensors } from "../disk/safetensors.js";
export {
  type Checkpoint,
  type CheckpointState,
  checkpointPath,
  loadCheckpoint,
  saveCheckpoint,
} from "../runs/checkpoint.js";
export { tensorBoardRecorder } from "../runs/events.js";
export {
  type EvaluationRecord,
  jsonLinesRecorder,
  type MetricsRecord,
  type Recorder,
  readMetrics,
  type StepRecord,
} from "../runs/metrics-log.js";
export { findRun, type RunPaths, runPaths } from "../runs/run-folder.js";
export {
  configJsonSchema,
  configSchema,
  formatConfig,
  type Override,
  parseConfig,
  parseOverride,
  type RunConfig,
  readConfig,
  type SettledConfig,
} from "./config/index.js";
export { type EvaluateOptions, evaluateSplit, type TaskMetrics } from "./evaluate.js";
export { type EvaluateRunOptions, evaluateRun, type RunEvaluation } from "./evaluate-run.js";
export { requireExpected } from "./expectations.js";
export { type ExportOptions, exportModel, exportRun, type WhichCheckpoint } from "./export.js";
export { type Parity, type ParityReport, parityLines } from "./export-check.js";
export { type ExportedFiles, type ExportFilesOptions, exportFiles } from "./export-files.js";
export { type KeptData, keptData } from "./kept-data.js";
export type { ModelDescription, OutputDescription } from "./model-description.js";
export { resolve } from "./parts.js";
export {
  type FailedImage,
  type LoadedModel,
  openModel,
  type Predicted,
  type PredictedArguments,
  type PredictedFiles,
  type PredictInput,
  type PredictOptions,
  predictArguments,
  predictFiles,
  predictSweeps,
  readModel,
  type TaskFilesWritten,
  type Tiling,
} from "./predict/index.js";
export { presetOverrides } from "./preset-overrides.js";
export { PRESET_NAMES, type PresetName, USUAL_PRESET } from "./presets.js";
export { quantisedLines } from "./quantise.js";
export { openRunData, type RunData } from "./run-data.js";
export { runConfig } from "./run-files.js";
export { startingConfig } from "./starting-config.js";
export { type TrainOptions, type TrainResult, train } from "./train.js";

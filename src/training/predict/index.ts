/** @file Prediction: models opened, images of any size and number predicted, files written. */
export { type PredictedArguments, predictArguments } from "./arguments.js";
export {
  type FailedImage,
  type Predicted,
  type PredictedFiles,
  type PredictOptions,
  predictFiles,
} from "./files.js";
export type { PredictInput } from "./inputs.js";
export { type LoadedModel, openModel, readModel } from "./model.js";
export { predictSweeps } from "./sweeps.js";
export type { Tiling } from "./tiles.js";
export type { TaskFilesWritten } from "./write.js";

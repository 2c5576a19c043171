/** @file Data: datasets, label scenarios, the loader, and the built-in worlds. */

export { DEFAULT_LIDAR, type World, worldByName, worlds } from "../worlds/index.js";
export { type ImportOptions, importAnnotations } from "./annotations/import.js";
export { annotationFormat } from "./annotations/index.js";
export { type Augmentation, augmentations, type Change } from "./augment/index.js";
export { type ConvertOptions, type ConvertResult, convertDataset } from "./convert.js";
export { openSplit, type SplitReader } from "./evaluation-reader.js";
export { fileDataset, labelFile, type SampleFiles } from "./file-dataset.js";
export { decodeImage, type RgbImage, readImage } from "./files/raster.js";
export { type DatasetDescription, openFolder, writeDatasetYaml, writeSample } from "./folder.js";
export { formats, openDataset } from "./formats/index.js";
export { type DatasetReport, inspectDataset } from "./inspect.js";
export { loadLabels, saveLabels } from "./labels-file.js";
export { filesByStem, IMAGE_EXTENSIONS, requireFolder } from "./listing.js";
export {
  type BatchPlan,
  Loader,
  type LoaderOptions,
  openLoader,
  type Position,
  type Positions,
  type StreamPlan,
} from "./loading/loader.js";
export { assignLabels, countLabels, type ScenarioConfig, scenarioSchema, scenarios } from "./scenarios.js";
export { type ResplitOptions, type ResplitResult, resplitDataset } from "./starting/resplit.js";
export { type StartedDataset, type StartOptions, startDataset } from "./starting/start.js";
export {
  availableLabels,
  type StripOptions,
  type StripResult,
  scenarioLabels,
  stripLabels,
} from "./strip.js";
export { USUAL_SWEEPS } from "./sweeps/usual.js";
export { type WriteWorldOptions, writeWorld } from "./synthesis/write.js";
export type * from "./types.js";

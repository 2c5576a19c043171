/** @file How well 3D boxes are detected, by the benchmarks' own measures. */
export type { DetectionFrame, LabelledBox, Level, PredictedBox } from "./frames.js";
export {
  type KittiDifficulty,
  type KittiLabel,
  type KittiOptions,
  type KittiPrediction,
  kittiPrecision,
} from "./kitti.js";
export { type Range, WAYMO_RANGES, type WaymoOptions, type WaymoPrecision, waymoPrecision } from "./waymo.js";

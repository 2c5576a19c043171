/** @file Frames as KITTI's measure takes them: boxes with what is seen of them in the camera's picture. */
import { type CameraView, extentSeen } from "../../geometry/boxes/camera-view.js";
import type { LabelMap } from "../task.js";
import type { DetectionFrame, PredictedBox } from "./frames.js";
import type { KittiLabel, KittiPrediction } from "./kitti.js";
import { frameRows } from "./rows.js";
import type { BoxesSpec } from "./spec.js";

/** Labelled boxes of the latter are neither wanted nor wrong where the former is looked for. */
const NEIGHBOURS: Readonly<Record<string, string>> = { Car: "Van", Pedestrian: "Person_sitting" };
/** What those are called; no detected class has this name. */
export const NEIGHBOUR = "";

export type KittiFrame = DetectionFrame<KittiLabel, KittiPrediction>;

/** Whether the labels say how the boxes are seen in the picture, of the present frame. */
export function isSeen(label: LabelMap): boolean {
  return frameRows(label, 0).some(({ seen }) => seen !== undefined);
}

/**
 * The present frame for one detected class: its labels and those of its neighbour, and all predictions with
 * their heights in the picture, 0 where the camera does not see them.
 */
export function kittiFrame(
  label: LabelMap,
  predicted: readonly PredictedBox[],
  { things, detect }: BoxesSpec,
  detected: string,
  view: CameraView,
): KittiFrame {
  const { of } = detect[detected];
  const neighbours = of.map((thing) => NEIGHBOURS[thing]);
  const labelled = frameRows(label, 0).flatMap(({ class: index, box, seen }): KittiLabel[] => {
    const thing = things[index];
    if (seen === undefined) return [];
    if (of.includes(thing)) return [{ class: detected, box, ...seen }];
    return neighbours.includes(thing) ? [{ class: NEIGHBOUR, box, ...seen }] : [];
  });
  const heightOf = ({ box }: PredictedBox) => {
    const extent = extentSeen(box, view);
    return extent === null ? 0 : extent.bottom - extent.top;
  };
  return { labelled, predicted: predicted.map((each) => ({ ...each, imageHeight: heightOf(each) })) };
}

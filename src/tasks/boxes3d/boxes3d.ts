/** @file 3D boxes of road users in LiDAR sweeps, and where they were before. */
import { UserError } from "../../common/errors.js";
import { listField, listOf } from "../../fields/list.js";
import type { LabelMap, Raster, TaskKind } from "../task.js";
import { boxChannels, boxParts } from "./channels.js";
import { detections } from "./decode.js";
import { boxLegend, drawBoxes, drawSeenBoxes } from "./drawing.js";
import { boxesLoss } from "./loss.js";
import { BOX_METRICS, boxesAccumulator } from "./metrics.js";
import { boxList, labelledBoxes, ROW, ROW_LENGTH } from "./rows.js";
import { type BoxesSpec, boxesSchema } from "./spec.js";

/**
 * Boxes (x forward, y left, z up, metres; they turn about z alone) of the present sweep and of earlier ones
 * in its coordinates, and the motion from the present to each earlier one (Taskology, section 4.2 and
 * appendix A.2).
 *
 * Labels are lists [15,boxes,1] (`ROW`). Predictions [channels,H,W] are maps over the grid seen from above,
 * with two anchors a cell and class, 0 and 90 degrees: for each frame logits of classes, residuals
 * (`encodeBox`) and logits of two directions; last dx, dy (metres) and dyaw (radians) to each earlier frame.
 *
 * Loss: of each frame focal loss, smooth L1 of residuals (the yaw's as a sine) and cross-entropy of
 * directions, as PointPillars has them; smooth L1 of the flow at positive cells.
 *
 * Metrics of the present frame: average precision as the Waymo Open Dataset defines it, means over classes.
 */
export const boxes3d: TaskKind<BoxesSpec> = {
  kind: "boxes3d",
  specSchema: boxesSchema,
  settings: ["detect", "weights", "score", "suppression"],
  files: {
    labelChannels: () => ROW_LENGTH,
    field: (spec) => listField(boxList(spec)),
    layers: ["boxes"],
    items: (prediction, spec) =>
      detections(prediction, spec).map(({ box, ...more }) => ({ ...more, ...box })),
    decode,
    encode,
    resampling: () => "nearest",
    mirrored: (label) => label,
    scaled: (label) => label,
  },
  learning: {
    channels: boxChannels,
    parts: boxParts,
    activate: (output) => output,
    meaning:
      "over the grid seen from above, for each frame logits of classes, residuals and logits of directions of two anchors a cell and class; then dx, dy (metres) and dyaw (radians) to each earlier frame",
    likelihood: "regression",
    loss: boxesLoss,
    moved: () => refuse("be compared between changed views"),
    pseudoLabel: () => refuse("stand in the place of labels"),
  },
  metrics: { infos: BOX_METRICS, primary: "ap", wholeSet: true, accumulator: boxesAccumulator },
  drawing: {
    range: () => null,
    prediction: (prediction, spec) => drawBoxes(detections(prediction, spec), spec),
    label: (label, spec) => drawBoxes(labelledBoxes(label, spec), spec),
    seen: (prediction, spec, view, photo) => drawSeenBoxes(detections(prediction, spec), spec, view, photo),
    legend: boxLegend,
  },
};

function refuse(what: string): never {
  throw new UserError({
    code: "task.no-maps",
    what: `boxes are lists, not maps of a picture: predicted ones cannot ${what}`,
    where: "method",
    expected: "a method that learns boxes from labels and constraints, e.g. `supervised`",
  });
}

/** Rows of a file [boxes,1] with the numbers of `ROW` as channels. */
function decode({ width, height, channels, data }: Raster, _spec: BoxesSpec, where: string): LabelMap {
  const finite = data instanceof Float32Array && data.every(Number.isFinite);
  if (width === 1 && channels === ROW_LENGTH && finite) {
    const rows = Array.from({ length: height }, (_, i) => data.subarray(i * channels, (i + 1) * channels));
    return listOf(channels, rows);
  }
  throw new UserError({
    code: "label.boxes",
    what: "the file does not hold rows of boxes",
    where,
    expected: `floats [boxes,1,${ROW_LENGTH}]: ${ROW.join(", ")}`,
    got: `[${height},${width},${channels}]`,
  });
}

function encode({ channels, height, data }: LabelMap): Raster {
  const rows = Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % channels) * height + Math.floor(i / channels)],
  );
  return { width: 1, height, channels, data: rows };
}

/** @file From predicted maps to boxes: decoding, and suppression of those that overlap better ones. */
import { hasSize, type UprightBox } from "../../geometry/boxes/box.js";
import { type BoxResiduals, decodeBox, withDirection } from "../../geometry/boxes/coding.js";
import { suppressed } from "../../geometry/boxes/suppression.js";
import type { PredictionMap } from "../task.js";
import { ANCHOR_YAWS, anchorCount, anchorOf, detectedClasses, FLOW, RESIDUALS } from "./channels.js";
import type { PredictedBox } from "./frames.js";
import type { BoxesSpec } from "./spec.js";

/** Only so many of the best boxes of a class are looked at, and so many stay. */
const [CANDIDATES, MOST] = [1000, 300];

/** A detection, and how it moved: dx, dy (metres), dyaw (radians) to each earlier frame. */
export interface Detection extends PredictedBox {
  readonly flow: readonly (readonly number[])[];
}

/** Reads of one frame's channels at a cell. */
interface FrameView {
  readonly score: (anchor: number, detected: number, cell: number) => number;
  readonly residual: (anchor: number, index: number, cell: number) => number;
  readonly direction: (anchor: number, cell: number) => 0 | 1;
}

function frameView({ data, height, width }: PredictionMap, spec: BoxesSpec, frame: number): FrameView {
  const area = height * width;
  const anchors = anchorCount(spec);
  const classes = detectedClasses(spec).length;
  const first = frame * anchors * (classes + RESIDUALS + 2);
  const at = (channel: number, cell: number) => data[channel * area + cell];
  const boxes = first + anchors * classes;
  const directions = boxes + anchors * RESIDUALS;
  return {
    score: (anchor, detected, cell) => at(first + anchor * classes + detected, cell),
    residual: (anchor, index, cell) => at(boxes + anchor * RESIDUALS + index, cell),
    direction: (anchor, cell) =>
      at(directions + 2 * anchor + 1, cell) > at(directions + 2 * anchor, cell) ? 1 : 0,
  };
}

/** A box that is likely enough, with the cell that it was found at. */
interface Candidate {
  readonly box: UprightBox;
  readonly score: number;
  readonly detected: number;
  readonly cell: number;
}

function candidates(prediction: PredictionMap, spec: BoxesSpec, frame: number): Candidate[] {
  const { height, width } = prediction;
  const classes = detectedClasses(spec);
  const view = frameView(prediction, spec, frame);
  const anchorAt = anchorOf(spec);
  const least = Math.log(spec.score / (1 - spec.score));
  const found: Candidate[] = [];
  for (let anchor = 0; anchor < anchorCount(spec); anchor++) {
    const own = classes[Math.floor(anchor / ANCHOR_YAWS.length)];
    for (let cell = 0; cell < height * width; cell++) {
      let detected = 0;
      for (let c = 1; c < classes.length; c++) {
        if (view.score(anchor, c, cell) > view.score(anchor, detected, cell)) detected = c;
      }
      const logit = view.score(anchor, detected, cell);
      if (!(logit >= least)) continue;
      const residuals = Array.from({ length: RESIDUALS }, (_, i) => view.residual(anchor, i, cell));
      const row = Math.floor(cell / width);
      const place = anchorAt(own, anchor % ANCHOR_YAWS.length, row, cell % width);
      const box = decodeBox(residuals as unknown as BoxResiduals, place);
      if (!hasSize(box)) continue;
      const yaw = withDirection(box.yaw, view.direction(anchor, cell));
      found.push({ box: { ...box, yaw }, score: 1 / (1 + Math.exp(-logit)), detected, cell });
    }
  }
  return found;
}

/**
 * The boxes of one frame, the best first: those from the spec's `score` on; of a class, boxes that overlap a
 * better one (seen from above) by more than `suppression` go.
 */
export function detections(prediction: PredictionMap, spec: BoxesSpec, frame = 0): Detection[] {
  const { data, channels, height, width } = prediction;
  const area = height * width;
  const all = candidates(prediction, spec, frame);
  const kept = detectedClasses(spec).flatMap(({ name }, detected) => {
    const own = all.filter((each) => each.detected === detected);
    const chosen = suppressed(
      own.map(({ box }) => box),
      own.map(({ score }) => score),
      { overlap: spec.suppression, candidates: CANDIDATES, most: MOST },
    );
    return chosen.map((i) => ({ ...own[i], class: name }));
  });
  const earlier = spec.frames - 1;
  const flowAt = (cell: number, past: number) =>
    Array.from({ length: FLOW }, (_, k) => data[(channels - FLOW * (earlier - past) + k) * area + cell]);
  return kept
    .sort((a, b) => b.score - a.score)
    .map(({ box, score, class: name, cell }) => ({
      ...{ class: name, box, score },
      flow: frame === 0 ? Array.from({ length: earlier }, (_, past) => flowAt(cell, past)) : [],
    }));
}

/** @file What a prediction of boxes costs: PointPillars' loss of each frame, and the flow's. */
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, less } from "../../graph/ops/compare.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { concat, reshape, slice } from "../../graph/ops/shape.js";
import { sin } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { sumPerSample } from "../masked.js";
import { ANCHOR_YAWS, detectedClasses, FLOW, type FramePrediction, partsOfBoxes } from "./channels.js";
import { flowTable } from "./flow-targets.js";
import { directionLoss, focalLoss, smoothL1 } from "./losses.js";
import type { BoxesSpec } from "./spec.js";
import {
  type AnchorTargets,
  anchorTargets,
  encodedBoxes,
  type FrameRows,
  ofTruth,
  rowsOfFrame,
  tableOf,
  wrapped,
} from "./targets.js";

/** The part of A anchors that belongs to one class, along axis 1. */
function anchorsOf(x: Tensor, detected: number): Tensor {
  const count = ANCHOR_YAWS.length;
  return slice(x, { axes: [1], starts: [detected * count], ends: [(detected + 1) * count] });
}

/** Directions [N,2,2,H,W] of boxes [N,2,7,H,W], one-hot: `directionOf`. */
function directionTargets(boxes: Tensor): Tensor {
  const yaw = slice(boxes, { axes: [2], starts: [6], ends: [7] });
  const first = cast(less(wrapped(sub(yaw, (5 * Math.PI) / 4)), 0), "float32");
  return concat([first, sub(1, first)], 2);
}

/** Residual differences whose last is the sine of the angle's. */
function residualDifference(predicted: Tensor, target: Tensor): Tensor {
  const difference = sub(predicted, target);
  const part = (from: number, to: number) => slice(difference, { axes: [2], starts: [from], ends: [to] });
  return concat([part(0, 6), sin(part(6, 7))], 2);
}

/** Sums over the anchors of one class, [N] each, without regard to how many are positive. */
function classLosses(
  prediction: FramePrediction,
  frame: FrameRows,
  targets: AnchorTargets,
  spec: BoxesSpec,
  detected: number,
): Tensor {
  const { weights } = spec;
  const { positive, negative } = targets;
  const classes = detectedClasses(spec);
  const [n, anchors, height, width] = positive.shape;
  const asChannel = (x: Tensor) => reshape(x, [n, anchors, 1, height, width]);
  const logits = anchorsOf(prediction.scores, detected);
  const own = asChannel(positive);
  const none = mul(own, 0);
  const wanted = concat(
    classes.map((_, index) => (index === detected ? own : none)),
    2,
  );
  const counted = asChannel(add(positive, negative));
  const score = sumPerSample(mul(focalLoss(logits, wanted), counted));
  const boxes = ofTruth(tableOf(frame, 0, 7), targets);
  const encoded = encodedBoxes(boxes, spec, classes[detected]);
  const difference = residualDifference(anchorsOf(prediction.residuals, detected), encoded);
  const box = sumPerSample(mul(smoothL1(difference), own));
  const directions = directionLoss(anchorsOf(prediction.directions, detected), directionTargets(boxes));
  const direction = sumPerSample(mul(directions, positive));
  return add(mul(score, weights.class), add(mul(box, weights.box), mul(direction, weights.direction)));
}

/** The loss of one frame, [N]: sums over anchors divided by how many are positive, by 1 where none is. */
function frameLoss(
  prediction: FramePrediction,
  frame: FrameRows,
  targets: readonly AnchorTargets[],
  spec: BoxesSpec,
): Tensor {
  const sums = targets.map((each, detected) => classLosses(prediction, frame, each, spec, detected));
  const positives = targets.map(({ positive }) => sumPerSample(positive));
  return div(total(sums), maximum(total(positives), 1));
}

const total = (list: readonly Tensor[]): Tensor => list.reduce((sum, each) => add(sum, each));

/**
 * The flow's loss, [N]: smooth L1 at cells with a positive anchor of the present frame whose box was there
 * before, summed over dx, dy and dyaw, the mean over these cells and frames. Boxes of one cell share it.
 */
function flowLoss(flow: Tensor, table: Tensor, targets: readonly AnchorTargets[]): Tensor {
  const [n, frames, , height, width] = flow.shape;
  const wanted = concat(
    targets.map((each) => ofTruth(table, each)),
    1,
  );
  const anchors = wanted.shape[1];
  const byFrame = reshape(wanted, [n, anchors, frames, FLOW + 1, height, width]);
  const part = (from: number, to: number) => slice(byFrame, { axes: [3], starts: [from], ends: [to] });
  const positive = reshape(
    concat(
      targets.map((each) => each.positive),
      1,
    ),
    [n, anchors, 1, 1, height, width],
  );
  const there = mul(positive, part(FLOW, FLOW + 1));
  const crowd = maximum(reduceSum(there, { axes: [1], keepDims: true }), 1);
  const share = div(there, crowd);
  const difference = sub(reshape(flow, [n, 1, frames, FLOW, height, width]), part(0, FLOW));
  const sum = sumPerSample(mul(smoothL1(difference), share));
  return div(sum, maximum(sumPerSample(share), 1));
}

/**
 * Loss of every sample, [N]: the mean over frames of score, box and direction losses by their weights, and
 * the flow's by its own. Predictions [N,channels,H,W], labels [N,12,frames * most,1].
 */
export function boxesLoss(prediction: Tensor, label: Tensor, valid: Tensor, spec: BoxesSpec): Tensor {
  const { frames, flow } = partsOfBoxes(prediction, spec);
  const rows = frames.map((_, frame) => rowsOfFrame(label, valid, spec, frame));
  const targets = rows.map((frame) =>
    detectedClasses(spec).map((_, detected) => anchorTargets(frame, spec, detected)),
  );
  const losses = frames.map((frame, index) => frameLoss(frame, rows[index], targets[index], spec));
  const boxes = mul(total(losses), 1 / frames.length);
  if (flow === null) return boxes;
  return add(boxes, mul(flowLoss(flow, flowTable(label, valid, spec), targets[0]), spec.weights.flow));
}

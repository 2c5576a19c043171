/**
 * @file The channels of predicted boxes, and where their anchors stand. For each frame: scores of classes,
 * residuals and directions of the anchors of a cell; last, of all frames together, the flow.
 */
import { columnCentres, rowCentres } from "../../geometry/boxes/bird-grid.js";
import type { UprightBox } from "../../geometry/boxes/box.js";
import { reshape, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { HeadPart } from "../task.js";
import type { BoxesSpec, DetectedClass } from "./spec.js";

/** Of the anchors of each class in a cell. */
export const ANCHOR_YAWS = [0, Math.PI / 2] as const;
/** x, y, z, length, width, height, yaw: see `encodeBox`. */
export const RESIDUALS = 7;
const DIRECTIONS = 2;
/** dx, dy (metres) and dyaw (radians) from the present frame to an earlier one. */
export const FLOW = 3;
/** Where scores start: a share of 1 % of all anchors is positive (Lin et al. 2017). */
const RARE = -Math.log(99);

type Shape = Pick<BoxesSpec, "detect" | "frames">;

/** Detected classes, in their order. */
export function detectedClasses({ detect }: Pick<BoxesSpec, "detect">): (DetectedClass & { name: string })[] {
  return Object.entries(detect).map(([name, of]) => ({ name, ...of }));
}

/** Anchors of a cell: of each class, one a yaw. */
export function anchorCount(spec: Pick<BoxesSpec, "detect">): number {
  return ANCHOR_YAWS.length * Object.keys(spec.detect).length;
}

/** Channels of one frame. */
function frameParts(spec: Shape): { name: string; channels: number; start?: number }[] {
  const anchors = anchorCount(spec);
  return [
    { name: "conv_cls", channels: anchors * Object.keys(spec.detect).length, start: RARE },
    { name: "conv_box", channels: anchors * RESIDUALS },
    { name: "conv_dir_cls", channels: anchors * DIRECTIONS },
  ];
}

export function boxParts(spec: Shape): HeadPart[] {
  const frames = Array.from({ length: spec.frames }, (_, frame) =>
    frameParts(spec).map((part) => ({ ...part, frame })),
  );
  const flow = { name: "flow", channels: FLOW * (spec.frames - 1) };
  return [...frames.flat(), ...(flow.channels > 0 ? [flow] : [])];
}

export function boxChannels(spec: Shape): number {
  return boxParts(spec).reduce((sum, { channels }) => sum + channels, 0);
}

/** What is predicted of one frame: A anchors a cell, classes C. */
export interface FramePrediction {
  /** Logits [N,A,C,H,W]. */
  readonly scores: Tensor;
  /** [N,A,7,H,W] */
  readonly residuals: Tensor;
  /** Logits [N,A,2,H,W]. */
  readonly directions: Tensor;
}

/** Predictions [N,channels,H,W] in parts; `flow` [N,F-1,3,H,W], null of a single frame. */
export function partsOfBoxes(
  prediction: Tensor,
  spec: Shape,
): { readonly frames: readonly FramePrediction[]; readonly flow: Tensor | null } {
  const [n, , height, width] = prediction.shape;
  let at = 0;
  const take = (groups: number, each: number) => {
    const channels = groups * each;
    const part = slice(prediction, { axes: [1], starts: [at], ends: [at + channels] });
    at += channels;
    return reshape(part, [n, groups, each, height, width]);
  };
  const anchors = anchorCount(spec);
  const frames = Array.from({ length: spec.frames }, (): FramePrediction => {
    const scores = take(anchors, Object.keys(spec.detect).length);
    return { scores, residuals: take(anchors, RESIDUALS), directions: take(anchors, DIRECTIONS) };
  });
  return { frames, flow: spec.frames === 1 ? null : take(spec.frames - 1, FLOW) };
}

/** The anchor of a class, its yaw's number and a cell. */
export function anchorOf(
  spec: Pick<BoxesSpec, "grid">,
): (detected: DetectedClass, yaw: number, row: number, column: number) => UprightBox {
  const [xs, ys] = [rowCentres(spec.grid), columnCentres(spec.grid)];
  return ({ size, z }, yaw, row, column) => ({
    centre: [xs[row], ys[column], z],
    size,
    yaw: ANCHOR_YAWS[yaw],
  });
}

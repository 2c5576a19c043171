/**
 * @file Which anchors learn which labelled box, as tensors: `matchAnchors` over every cell at once, and what
 * is learned there. No gradient passes.
 */
import { columnCentres, rowCentres } from "../../geometry/boxes/bird-grid.js";
import { argMax } from "../../graph/ops/arg-max.js";
import { add, div, maximum, minimum, mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, equal, greater, greaterOrEqual, less, logicalOr, where } from "../../graph/ops/compare.js";
import { gather } from "../../graph/ops/gather.js";
import { constant } from "../../graph/ops/leaf.js";
import { reduceMax } from "../../graph/ops/reduce.js";
import { concat, reshape, slice, transpose } from "../../graph/ops/shape.js";
import { abs, floor, log, relu } from "../../graph/ops/unary.js";
import { sizeOf, type Tensor } from "../../graph/tensor.js";
import { ANCHOR_YAWS, detectedClasses } from "./channels.js";
import { CLASS, detectedOf } from "./rows.js";
import type { BoxesSpec, DetectedClass } from "./spec.js";

/** Labelled boxes of one frame, [N,12,M,1], and which rows hold one, [N,1,M,1]. */
export interface FrameRows {
  readonly rows: Tensor;
  readonly valid: Tensor;
}

/** The rows of one frame of a batch's labels. */
export function rowsOfFrame(label: Tensor, valid: Tensor, { most }: BoxesSpec, frame: number): FrameRows {
  const block = (x: Tensor) => slice(x, { axes: [2], starts: [frame * most], ends: [(frame + 1) * most] });
  return { rows: block(label), valid: block(valid) };
}

/** One number of every box, [N,1,1,1,M]. */
function numberOf(rows: Tensor, channel: number): Tensor {
  const [n, , m] = rows.shape;
  return reshape(slice(rows, { axes: [1], starts: [channel], ends: [channel + 1] }), [n, 1, 1, 1, m]);
}

/** What the anchors of one class are there for: [N,2,H,W] each. */
export interface AnchorTargets {
  /** Ones where an anchor is positive, else zeros. */
  readonly positive: Tensor;
  /** The same where it is negative. */
  readonly negative: Tensor;
  /** Overlap with the box that it overlaps most. */
  readonly overlap: Tensor;
  /** That box's number among the frame's rows; int64. */
  readonly truth: Tensor;
}

/** Rounding that anchors as good as the best one may differ by. */
const TIE = 1 - 1e-5;

/** More than any share of two areas. */
const NEVER = 1;

/** Keeps logarithms of the sizes of padding finite. */
const LEAST = 1e-6;

/** Half extents along x and y [N,1,1,1,M] of boxes turned to the nearest axis. */
function nearestHalves(rows: Tensor): readonly [Tensor, Tensor] {
  const [length, width, yaw] = [3, 4, 6].map((channel) => numberOf(rows, channel));
  const turn = abs(yaw);
  const along = less(minimum(turn, sub(Math.PI, turn)), Math.PI / 4);
  return [mul(where(along, length, width), 0.5), mul(where(along, width, length), 0.5)];
}

/** By how much intervals about these middles with these halves overlap. */
function shared(middle: Tensor, half: Tensor, at: Tensor, reach: Tensor): Tensor {
  const end = minimum(add(middle, half), add(at, reach));
  return relu(sub(end, maximum(sub(middle, half), sub(at, reach))));
}

/** Ones [N,1,1,1,M] for boxes that are detected as class number `detected`. */
function isOfClass({ rows, valid }: FrameRows, spec: BoxesSpec, detected: number): Tensor {
  const [n, , m] = rows.shape;
  const own = detectedOf(spec).flatMap((of, index) => (of === detected ? [index] : []));
  const index = numberOf(rows, CLASS);
  const fits = own.map((each) => equal(index, constant([each])));
  const any = fits.reduce((some, fit) => logicalOr(some, fit));
  return mul(cast(any, "float32"), reshape(valid, [n, 1, 1, 1, m]));
}

/** Matches the anchors of class number `detected` to a frame's boxes. */
export function anchorTargets(frame: FrameRows, spec: BoxesSpec, detected: number): AnchorTargets {
  const { size, positive, negative } = detectedClasses(spec)[detected];
  const xs = rowCentres(spec.grid);
  const ys = columnCentres(spec.grid);
  const [length, width] = size;
  const reach = (first: number, second: number) => constant([first / 2, second / 2], [1, 2, 1, 1, 1]);
  const [halfX, halfY] = nearestHalves(frame.rows);
  const alongX = shared(
    numberOf(frame.rows, 0),
    halfX,
    constant(xs, [1, 1, xs.length, 1, 1]),
    reach(length, width),
  );
  const alongY = shared(
    numberOf(frame.rows, 1),
    halfY,
    constant(ys, [1, 1, 1, ys.length, 1]),
    reach(width, length),
  );
  const areas = add(mul(mul(halfX, halfY), 4), length * width);
  // Of both areas together, what they share: it grows with the overlap s / (1 - s), and takes one pass less
  // over all pairs of anchors and boxes. What concerns boxes alone is done before.
  const shares = mul(alongX, mul(alongY, div(isOfClass(frame, spec, detected), areas)));
  const best = reduceMax(shares, { axes: [1, 2, 3], keepDims: true });
  const needed = where(greater(best, 0), mul(best, TIE), NEVER);
  const forced = cast(greaterOrEqual(reduceMax(sub(shares, needed), { axes: [4] }), 0), "float32");
  const share = reduceMax(shares, { axes: [4] });
  const overlap = div(share, sub(1, share));
  const isPositive = maximum(cast(greaterOrEqual(overlap, positive), "float32"), forced);
  const isLow = cast(less(overlap, negative), "float32");
  return {
    positive: isPositive,
    negative: mul(isLow, sub(1, isPositive)),
    overlap,
    truth: reshape(argMax(shares, 4), overlap.shape),
  };
}

/** For each anchor, columns of a table [N,M,K] in the row of its box: [N,2,K,H,W]. */
export function ofTruth(table: Tensor, { truth }: AnchorTargets): Tensor {
  const [n, m, k] = table.shape;
  const [, anchors, height, width] = truth.shape;
  const offsets = Array.from({ length: n }, (_, i) => i * m);
  const place = cast(add(cast(truth, "float32"), constant(offsets, [n, 1, 1, 1])), "int64");
  const chosen = gather(reshape(table, [n * m, k]), reshape(place, [sizeOf(truth.shape)]), 0);
  return transpose(reshape(chosen, [n, anchors, height, width, k]), [0, 1, 4, 2, 3]);
}

/** Some numbers of every box of a frame, [N,M,K]. */
export function tableOf({ rows }: FrameRows, from: number, to: number): Tensor {
  const [n, , m] = rows.shape;
  const part = slice(rows, { axes: [1], starts: [from], ends: [to] });
  return transpose(reshape(part, [n, to - from, m]), [0, 2, 1]);
}

/** An angle brought into [-pi, pi). */
export function wrapped(angle: Tensor): Tensor {
  const turns = floor(div(add(angle, Math.PI), 2 * Math.PI));
  return sub(angle, mul(turns, 2 * Math.PI));
}

/** Boxes [N,2,7,H,W] as residuals of the anchors of a class: `encodeBox`. */
export function encodedBoxes(boxes: Tensor, { grid }: BoxesSpec, { size, z }: DetectedClass): Tensor {
  const part = (channel: number) => slice(boxes, { axes: [2], starts: [channel], ends: [channel + 1] });
  const [xs, ys] = [rowCentres(grid), columnCentres(grid)];
  const diagonal = Math.hypot(size[0], size[1]);
  const ratio = (channel: number, length: number) => log(maximum(div(part(channel), length), LEAST));
  return concat(
    [
      div(sub(part(0), constant(xs, [1, 1, 1, xs.length, 1])), diagonal),
      div(sub(part(1), constant(ys, [1, 1, 1, 1, ys.length])), diagonal),
      div(sub(part(2), z), size[2]),
      ratio(3, size[0]),
      ratio(4, size[1]),
      ratio(5, size[2]),
      wrapped(sub(part(6), constant(ANCHOR_YAWS, [1, 2, 1, 1, 1]))),
    ],
    2,
  );
}

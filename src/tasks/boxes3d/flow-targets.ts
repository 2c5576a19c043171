/** @file Where each labelled box was in earlier frames. */
import { mul, sub } from "../../graph/ops/arithmetic.js";
import { cast, equal, greaterOrEqual } from "../../graph/ops/compare.js";
import { matmul } from "../../graph/ops/matmul.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { concat, reshape, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { TRACK } from "./rows.js";
import type { BoxesSpec } from "./spec.js";
import { type FrameRows, rowsOfFrame, tableOf, wrapped } from "./targets.js";

/**
 * For each box of the present frame dx, dy and dyaw to an earlier one by its track, and whether the track is
 * there: [N,M,4].
 */
function flowTo(present: FrameRows, earlier: FrameRows): Tensor {
  const [n, , m] = present.rows.shape;
  const track = (rows: Tensor, shape: readonly number[]) =>
    reshape(slice(rows, { axes: [1], starts: [TRACK], ends: [TRACK + 1] }), shape);
  const own = track(present.rows, [n, m, 1]);
  const isSame = mul(
    cast(equal(own, track(earlier.rows, [n, 1, m])), "float32"),
    cast(greaterOrEqual(own, 0), "float32"),
  );
  const there = mul(isSame, mul(reshape(present.valid, [n, m, 1]), reshape(earlier.valid, [n, 1, m])));
  const found = reduceSum(there, { axes: [2], keepDims: true });
  const placeOf = (frame: FrameRows) => concat([tableOf(frame, 0, 2), tableOf(frame, 6, 7)], 2);
  const moved = sub(matmul(there, placeOf(earlier)), mul(placeOf(present), found));
  const part = (from: number, to: number) => slice(moved, { axes: [2], starts: [from], ends: [to] });
  return concat([part(0, 2), wrapped(part(2, 3)), found], 2);
}

/** The same to every earlier frame, [N,M,4(F-1)]. */
export function flowTable(label: Tensor, valid: Tensor, spec: BoxesSpec): Tensor {
  const frame = (index: number) => rowsOfFrame(label, valid, spec, index);
  const tables = Array.from({ length: spec.frames - 1 }, (_, past) => flowTo(frame(0), frame(past + 1)));
  return concat(tables, 2);
}

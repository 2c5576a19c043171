/**
 * @file The mapping network of MTPSL (Li et al. 2022): one SegNet encoder for all ordered pairs of tasks.
 * What is the pair's own is a feature-wise linear modulation (FiLM, Perez et al. 2018) after each
 * normalisation, and what is the task's own is the first unit.
 */
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { concat, reshape, slice, stack } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { type SegNetUnit, segnetEncoder, segnetUnit } from "../../models/segnet.js";
import { ones, zeros } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import { endMatrix, orderedPairs } from "../pairs.js";

/** One task's maps in a batch, encoded: both [B,O_t,H,W]. */
export interface PairInput {
  readonly name: string;
  readonly prediction: Tensor;
  readonly label: Tensor;
}

/** The group of the pairs' own parameters. */
export const FILM_GROUP = "film";

export interface PairSpaceOptions {
  readonly width: number;
  /** Channels of the space: those of the feature that it is regularised towards. */
  readonly channels: number;
}

/**
 * Both sides of the chosen pairs in their spaces: m(ŷ_s) and m(y_t), each [B*J,channels,H/32,W/32], `choice`
 * being [B,J,P]. A task's first unit serves it as source and as target, over its predictions and labels as
 * one batch. All rows (both sides, slots and samples) pass the encoder as one batch: with the pass's
 * `statistics` "batch" they are normalised by common statistics, with "sample" each by its own, as the
 * published code does, which evaluates m at batch size 1. FiLM: γ and β [C,K(K-1)] a unit, from 1 and 0; both
 * sides read the pair's column.
 */
export function pairLatents(
  layer: Layer,
  inputs: readonly PairInput[],
  choice: Tensor,
  { width, channels }: PairSpaceOptions,
): { source: Tensor; target: Tensor } {
  const [batch, slots, pairCount] = choice.shape;
  const [, , height, columns] = inputs[0].label.shape;
  const features = inputs.map(({ name, prediction, label }) =>
    segnetUnit(layer.child("input").child(name), concat([prediction, label], 0), width),
  );
  const pairs = orderedPairs(inputs.length);
  const rowsOf = (end: "source" | "target", from: number) => {
    const tasks = stack(
      features.map((x) => slice(x, { starts: [from], ends: [from + batch] })),
      1,
    );
    const chosen = matmul(choice, swapLast(endMatrix(pairs, inputs.length, end)));
    const picked = matmul(chosen, reshape(tasks, [batch, inputs.length, -1]));
    return reshape(picked, [batch * slots, width, height, columns]);
  };
  const rows = concat([rowsOf("source", 0), rowsOf("target", batch)], 0);

  const oneSide = reshape(choice, [batch * slots, pairCount]);
  const pairOfRow = concat([oneSide, oneSide], 0);
  const unit: SegNetUnit = (place, x, count) => {
    const row = (name: string, start: typeof ones) =>
      matmul(pairOfRow, swapLast(place.inGroup(FILM_GROUP).parameter(name, [count, pairCount], start)));
    const modulation = { scale: row("gamma", ones), shift: row("beta", zeros) };
    return segnetUnit(place, x, count, { modulation });
  };
  const levels = [width, 2 * width, 4 * width, 8 * width, channels];
  const { bottleneck } = segnetEncoder(layer, rows, levels, unit);
  const side = (from: number) => slice(bottleneck, { starts: [from], ends: [from + batch * slots] });
  return { source: side(0), target: side(batch * slots) };
}

/** @file The heads of PointPillars: 1x1 convolutions, one for each part of what a task predicts. */
import { add } from "../../graph/ops/arithmetic.js";
import { conv2d } from "../../graph/ops/conv2d.js";
import { constant } from "../../graph/ops/leaf.js";
import { concat, slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import { constantOf, normal, zeros } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import type { HeadPart } from "../../tasks/task.js";
import { interleaved } from "./backbone.js";

/** How residuals and flows start. */
const ABOUT_ZERO = normal(0.001);

/** A block of a map along one axis. */
function block(x: Tensor, axis: number, from: number, count: number): Tensor {
  return slice(x, { axes: [axis], starts: [from], ends: [from + count] });
}

/** The maps of one frame, of maps [frames*N,C,H,W]. */
export function frameOf(all: Tensor, frame: number, frames: number): Tensor {
  const n = all.shape[0] / frames;
  return block(all, 0, frame * n, n);
}

/** Weights and bias of a part; those of all frames together read the features of all, side by side. */
function parametersOf(
  place: Layer,
  { name, channels, frame, start }: HeadPart,
  depth: number,
  frames: number,
) {
  const inputs = frame === undefined ? frames * depth : depth;
  const layer = place.child(name);
  return {
    weight: layer.parameter("weight", [channels, inputs, 1, 1], ABOUT_ZERO),
    bias: layer.parameter("bias", [channels], start === undefined ? zeros : constantOf(start)),
  };
}

/** What heads read. */
export interface HeadFeatures {
  /** Maps [frames*N,C,..] of each block, the frames one after another, as `backbone` leaves them. */
  readonly ups: readonly Tensor[];
  /** How `interleaved` puts them in order. */
  readonly factors: readonly number[];
  readonly frames: number;
}

/**
 * Parts one after another, [N,channels,H,W]. Parts of one name are the same convolution in every frame; one
 * of all frames is the sum of a convolution of each. All of them are one convolution here, whose channels are
 * then picked, and that one is the sum of one of each block's map: large maps are read once and stay where
 * they are, small ones are put in order and cut.
 */
export function headParts(
  place: Layer,
  { ups, factors, frames }: HeadFeatures,
  parts: readonly HeadPart[],
): Tensor {
  const depth = ups.reduce((sum, { shape }) => sum + shape[1], 0);
  const firsts = new Map<string, number>();
  const weights: Tensor[] = [];
  const biases: Tensor[] = [];
  let rows = 0;
  for (const part of parts) {
    if (firsts.has(part.name)) continue;
    const { weight, bias } = parametersOf(place, part, depth, frames);
    firsts.set(part.name, rows);
    const convolutions = weight.shape[1] / depth;
    for (let frame = 0; frame < convolutions; frame++) {
      weights.push(block(weight, 1, frame * depth, depth));
      biases.push(frame === 0 ? bias : constant(new Float32Array(part.channels), [part.channels]));
    }
    rows += convolutions * part.channels;
  }
  const all = summedOverBlocks({ ups, factors }, concat(weights, 0), concat(biases, 0));
  const picked = (from: number, { channels }: HeadPart, frame: number) =>
    frameOf(block(all, 1, from, channels), frame, frames);
  const maps = parts.map((part) => {
    const first = firsts.get(part.name)!;
    if (part.frame !== undefined) return picked(first, part, part.frame);
    const each = Array.from({ length: frames }, (_, frame) =>
      picked(first + frame * part.channels, part, frame),
    );
    return each.reduce((sum, map) => add(sum, map));
  });
  return concat(maps, 1);
}

/** The 1x1 convolution of all blocks' maps side by side. */
function summedOverBlocks(
  { ups, factors }: Pick<HeadFeatures, "ups" | "factors">,
  weight: Tensor,
  bias: Tensor,
): Tensor {
  let from = 0;
  const maps = ups.map((map, level) => {
    const own = block(weight, 1, from, map.shape[1]);
    from += map.shape[1];
    return interleaved(conv2d(map, own, level === 0 ? { bias } : {}), factors[level]);
  });
  return maps.reduce((sum, map) => add(sum, map));
}

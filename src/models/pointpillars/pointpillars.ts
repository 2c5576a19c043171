/**
 * @file PointPillars (Lang et al. 2019, "PointPillars: Fast Encoders for Object Detection from Point
 * Clouds"), for several sweeps as Taskology has it (section 4.2, appendix A.2): the same detector of each
 * sweep, and a head over all of them for the motion of boxes.
 */
import { z } from "zod";
import { PILLAR_CHANNELS } from "../../fields/pillars.js";
import type { PillarPlan } from "../../fields/sweep.js";
import { type BirdGrid, gridSize } from "../../geometry/boxes/bird-grid.js";
import { concat } from "../../graph/ops/shape.js";
import { graphError, type Tensor } from "../../graph/tensor.js";
import type { Layer } from "../../nn/layer.js";
import { convLayer } from "../../nn/layers.js";
import { gridSchema } from "../../tasks/boxes3d/spec.js";
import type { Decoded, Encoded, Head, ModelDefinition, Network } from "../network.js";
import { backbone, interleaved, upwardFactors, upwardNames } from "./backbone.js";
import { frameOf, headParts } from "./heads.js";
import { pillarMaps } from "./pillar-features.js";

export interface PointPillarsOptions {
  /** Channels of pillars and of the first block; the backbone's others follow. */
  readonly width: number;
  readonly grid: BirdGrid;
  /** Most pillars of a sweep, and most points of a pillar. */
  readonly pillars: number;
  readonly points: number;
  /** Sweeps that boxes are predicted of, each `step` sweeps before the one after it. */
  readonly frames: number;
  readonly step: number;
  /** Convolutions of each block behind its first one. */
  readonly layers: readonly [number, number, number];
}

/** Of the blocks' first convolutions: maps are as large as the grid. */
const STRIDES = [1, 2, 2];

/**
 * @returns a network over pillars (`pillarShape`). Heads are 1x1 convolutions, one for each part of a task
 * that has any: the same for every frame, over that frame's features, and for what is of all frames over
 * those of all, side by side. Heads without parts are over the present frame.
 */
export function pointPillars(options: PointPillarsOptions): Network {
  const { width, grid, pillars, points, frames, step, layers } = options;
  const size = gridSize(grid);
  const plan: PillarPlan = { grid, pillars, points, frames, step };
  return {
    pillars: plan,
    sizeMultiple: STRIDES.reduce((product, stride) => product * stride),
    shared: upwardNames(STRIDES.length).map((name) => `backbone_2d.${name}`),
    encode(layer, x): Encoded {
      if (x.shape.length !== 4 || x.shape[1] !== PILLAR_CHANNELS || x.shape[2] !== frames * pillars) {
        graphError("pointpillars", `needs pillars [N,${PILLAR_CHANNELS},${frames * pillars},points]`, [x]);
      }
      const maps = pillarMaps(layer.child("vfe"), x, { frames, width, size });
      const all = backbone(layer.child("backbone_2d"), maps, { width, strides: STRIDES, layers });
      return { bottleneck: frameOf(all.deepest, 0, frames), skips: all.ups };
    },
    decode: (layer, { skips }, heads) => decode(layer, skips, heads, frames),
  };
}

function decode(layer: Layer, ups: readonly Tensor[], heads: readonly Head[], frames: number): Decoded {
  const factors = upwardFactors(STRIDES);
  const inOrder = ups.map((map, level) => interleaved(frameOf(map, 0, frames), factors[level]));
  const present = concat(inOrder, 1);
  const outputs = heads.map(({ name, channels, parts }): [string, Tensor] => {
    const place = layer.child("head").child(name);
    return [
      name,
      parts === undefined
        ? convLayer(place, present, channels, { kernel: 1 })
        : headParts(place, { ups, factors, frames }, parts),
    ];
  });
  return { outputs: Object.fromEntries(outputs), trunk: present };
}

export const pointPillarsModel: ModelDefinition<PointPillarsOptions> = {
  name: "pointpillars",
  options: z.strictObject({
    width: z.int().min(1).default(64).describe("channels of pillars and of the first of three blocks"),
    grid: gridSchema
      .prefault({})
      .describe("the part of space that is seen, [from, to] in metres, in square cells"),
    pillars: z.int().min(1).default(32000).describe("most pillars of a sweep"),
    points: z.int().min(1).default(20).describe("most points of a pillar"),
    frames: z
      .int()
      .min(1)
      .max(16)
      .default(3)
      .describe("sweeps that boxes are predicted of: the present one and earlier ones; 1 predicts no motion"),
    step: z.int().min(1).default(5).describe("sweeps from one of them to the next"),
    layers: z
      .tuple([z.int().min(0), z.int().min(0), z.int().min(0)])
      .default([3, 5, 5])
      .describe("convolutions of each block behind its first one"),
  }),
  create: pointPillars,
};

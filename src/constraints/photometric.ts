/**
 * @file A frame looks like its neighbour, seen by depth and motion (Taskology eq. 3-5), weighed as by Gordon
 * et al., "Depth from Videos in the Wild" (2019), which the paper takes its photometric loss from.
 */
import { z } from "zod";
import { add, div, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { abs, detach, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import {
  type ConstraintContext,
  type ConstraintDefinition,
  type ConstraintFrame,
  type FrameMotion,
  taskFor,
  taskOption,
  weightOption,
} from "./constraint.js";
import { movableMask, movableOption } from "./movable.js";
import { cameraBack } from "./predicted-motion.js";
import { dissimilarity } from "./ssim.js";
import { inSight, type Warp, warpTo } from "./warp.js";

interface PhotometricOptions {
  readonly weight: number;
  readonly rgb: number;
  readonly ssim: number;
  readonly depthAgreement: number;
  readonly normalise: "none" | "mean";
  readonly backward: "predicted" | "inverted";
  readonly step: number;
  readonly movable?: readonly string[];
  readonly dilation: number;
  readonly depth?: string;
  readonly segmentation?: string;
}

/** The least spread of depth, in squares of its unit. */
const LEAST_SPREAD = 1e-4;

/** What one direction costs, before weights. */
export interface PhotometricErrors {
  /** Mean over pixels and colours of |I' - I| where the point is in sight. */
  readonly rgb: Tensor;
  /** Mean of the weighed dissimilarity. */
  readonly ssim: Tensor;
  /** Mean of |d' - z'| where the point is in sight, in units of depth. */
  readonly depth: Tensor;
}

/**
 * Errors of a frame against another one seen at its pixels: `image` I [N,3,H,W] and the other's `otherImage`
 * and `otherDepth`, sampled by `warp`. A point is in sight where it lies within the other image and nearer
 * than what is seen there (z' < d'): farther ones are hidden. Dissimilarity is weighed by M / (e² + M), where
 * e is d' - z' and M its mean square over the points in sight; no gradient flows through the weight. Means
 * are over all pixels, so that what goes out of sight is no gain of the others'. `unit` [N,1,1,1] is what
 * depths are measured in, metres; 1 m if left out.
 */
export function photometricErrors(
  image: Tensor,
  warp: Warp,
  otherImage: Tensor,
  otherDepth: Tensor,
  unit?: Tensor,
): PhotometricErrors {
  const sampledImage = warp.sample(otherImage);
  const sampledDepth = warp.sample(otherDepth);
  const metres = sub(sampledDepth, warp.z);
  const error = unit === undefined ? metres : div(metres, unit);
  const seen = inSight(warp, sampledDepth);
  const over = { axes: [1, 2, 3], keepDims: true };
  const fixed = square(detach(error));
  const spread = add(div(reduceSum(mul(fixed, seen), over), add(reduceSum(seen, over), 1)), LEAST_SPREAD);
  const weight = mul(div(spread, add(fixed, spread)), warp.inside);
  const { values, weights } = dissimilarity(sampledImage, image, weight);
  return {
    rgb: reduceMean(mul(abs(sub(sampledImage, image)), seen)),
    ssim: reduceMean(mul(values, weights)),
    depth: reduceMean(mul(abs(error), seen)),
  };
}

/** The mean of depths [N,1,H,W] over two frames of each sample, [N,1,1,1], metres. */
export function meanDepth(first: Tensor, second: Tensor): Tensor {
  const mean = (depth: Tensor) => reduceMean(depth, { axes: [1, 2, 3], keepDims: true });
  return mul(add(mean(first), mean(second)), 0.5);
}

/** The motions there and back again. */
function motionsOf(context: ConstraintContext, backward: PhotometricOptions["backward"]): FrameMotion[] {
  const [there, back] = [context.motion(0, 1), context.motion(1, 0)];
  return [there, backward === "inverted" ? cameraBack(there, back.residual) : back];
}

/** Depths of both frames: those predicted, and those from each of the smaller maps that both have. */
function depthsOf(frames: readonly ConstraintFrame[], name: string): Tensor[][] {
  const scales = frames.map(({ predictions, coarser }) => [predictions[name], ...(coarser?.[name] ?? [])]);
  return scales[0].slice(0, scales[1].length).map((depth, scale) => [depth, scales[1][scale]]);
}

/** The movable mask of a frame, where the run segments: elsewhere all points may move by themselves. */
function maskOf(context: ConstraintContext, options: PhotometricOptions, frame: number): Tensor | undefined {
  const segments = context.tasks.some(({ kind }) => kind.kind === "segmentation");
  if (!segments && options.segmentation === undefined) return undefined;
  const task = taskFor(context, "photometric", "segmentation", options.segmentation);
  const logits = context.frame(frame).predictions[task.name];
  return movableMask(logits, task, "photometric", options.movable, options.dilation);
}

export const photometric: ConstraintDefinition<PhotometricOptions> = {
  name: "photometric",
  options: z.strictObject({
    weight: weightOption("of all three errors together"),
    rgb: z.number().nonnegative().default(0.85).describe("weight of the difference of colours"),
    ssim: z.number().nonnegative().default(1.5).describe("weight of the dissimilarity, a direction"),
    depthAgreement: z
      .number()
      .nonnegative()
      .default(0.01)
      .describe("weight of the difference between a point's depth and the depth seen where it goes"),
    normalise: z
      .enum(["none", "mean"])
      .default("none")
      .describe(
        "unit of depths and translations: metres, or the mean depth of both frames, by which no error depends " +
          "on the scale, which a video does not show",
      ),
    backward: z
      .enum(["predicted", "inverted"])
      .default("predicted")
      .describe(
        "the camera's motion from the second frame to the first: as it is predicted, or the one from the first " +
          "to the second undone, so that a network that does not yet tell frames' order learns which way it goes",
      ),
    step: z.int().min(1).default(1).describe("frames between the two of a pair"),
    movable: movableOption,
    dilation: z.int().min(0).default(0).describe("pixels by which masks of movable things are widened"),
    depth: taskOption("depth"),
    segmentation: taskOption("segmentation"),
  }),
  needs: ({ step }) => ({
    tasks: { depth: "depth" },
    frames: { count: 2, step },
    camera: true,
    motion: true,
  }),
  build(context, options) {
    const { name } = taskFor(context, "photometric", "depth", options.depth);
    const frames = [context.frame(0), context.frame(1)];
    const motions = motionsOf(context, options.backward);
    const masks = motions.map(({ residual }, from) =>
      residual === null ? undefined : maskOf(context, options, from),
    );
    const directions = depthsOf(frames, name).flatMap((depths) => {
      const unit = options.normalise === "mean" ? meanDepth(depths[0], depths[1]) : undefined;
      return motions.map((motion, from) => {
        const [here, there] = [frames[from], frames[1 - from]];
        const warp = warpTo(depths[from], here.camera, there.camera, motion, masks[from]);
        return photometricErrors(here.image, warp, there.image, depths[1 - from], unit);
      });
    });
    const scales = directions.length / 2;
    const both = (error: keyof PhotometricErrors) => {
      const sum = directions.map((each) => each[error]).reduce((total, value) => add(total, value));
      return scales === 1 ? sum : mul(sum, 1 / scales);
    };
    const { weight } = options;
    return [
      { name: "photometric.rgb", value: both("rgb"), weight: weight * options.rgb },
      { name: "photometric.ssim", value: both("ssim"), weight: weight * options.ssim },
      { name: "photometric.depth", value: both("depth"), weight: weight * options.depthAgreement },
    ];
  },
};

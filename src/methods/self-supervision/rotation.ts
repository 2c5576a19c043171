/**
 * @file Predicting by which quarter turn an image was rotated (Gidaris et al. 2018, "Unsupervised
 * representation learning by predicting image rotations"), as CompL has it beside a dense task.
 */
import { z } from "zod";
import { mul } from "../../graph/ops/arithmetic.js";
import { globalAveragePool2d } from "../../graph/ops/average-pool.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { oneHot, reshape } from "../../graph/ops/shape.js";
import { logSoftmax } from "../../graph/ops/softmax.js";
import type { Tensor } from "../../graph/tensor.js";
import { Layer } from "../../nn/layer.js";
import { linearLayer } from "../../nn/layers.js";
import type { MethodDefinition } from "../method.js";
import { networkInput, networkPass } from "../supervised.js";
import { alone } from "./alone.js";

interface RotationOptions {
  /** 0.05 beside another method, 1 alone. */
  readonly weight?: number;
}

const TURNS = 4;

/** Mean cross-entropy of scores [N,4] for turns [N], quarters: scalar. */
export function turnLoss(scores: Tensor, turns: Tensor): Tensor {
  const [n] = scores.shape;
  const wanted = oneHot(reshape(turns, [n, 1]), TURNS);
  return mul(reduceSum(mul(logSoftmax(scores, 1), wanted)), -1 / n);
}

/**
 * Squares of the images, flipped or not, each turned by 0, 90, 180 or 270 degrees counter-clockwise; a linear
 * layer on the mean of the last feature map says by which.
 */
export const rotation: MethodDefinition<RotationOptions> = {
  name: "rotation",
  selfSupervised: true,
  options: z.strictObject({
    weight: z
      .number()
      .nonnegative()
      .optional()
      .describe("of the cross-entropy; 0.05 beside another method, 1 alone"),
  }),
  recommended: ({ weight }, beside) => alone({ weight: weight ?? weightOf(beside) }, beside),
  views: () => [
    {
      from: "sample",
      photometric: false,
      augmentations: [
        { name: "flip", probability: 0.5 },
        { name: "square" },
        { name: "rotate", turns: [0, 1, 2, 3] },
      ],
    },
  ],
  size: ([height, width]) => [Math.min(height, width), Math.min(height, width)],
  arrays: () => ["turns"],
  build(context, { weight = weightOf(context.beside) }) {
    const { features } = networkPass(context, networkInput(context));
    const [n, channels] = features.shape;
    const head = new Layer(context.helper("rotation"), context.forward);
    const scores = linearLayer(head, reshape(globalAveragePool2d(features), [n, channels]), TURNS);
    return { terms: [{ name: "rotation", value: turnLoss(scores, context.turns()), weight }] };
  },
};

function weightOf(beside: boolean): number {
  return beside ? 0.05 : 1;
}

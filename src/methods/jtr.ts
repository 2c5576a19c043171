/** @file Joint-Task Regularization (Nishi et al. 2024, eq. 4-6). */
import { z } from "zod";
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import { reduceMean } from "../graph/ops/reduce.js";
import { concat, expand, slice } from "../graph/ops/shape.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { segnet } from "../models/segnet.js";
import { latentDistance } from "./distance.js";
import { type JointAutoEncoder, type JtrOptions, jointAutoEncoder, splitStack } from "./jtr-parts.js";
import { releasedTerms } from "./jtr-released.js";
import type { LossTerm, MethodContext, MethodDefinition } from "./method.js";
import { predict, supervisedTerms } from "./supervised.js";

/**
 * Eq. 4: Ŷ stacks the predictions of all tasks, Y the labels, with predictions in place of missing labels and of invalid pixels.
 * Both [N, ΣO_t, H, W]. Gradients flow through both.
 */
export function jointStacks(
  context: MethodContext,
  predictions: Readonly<Record<string, Tensor>>,
): { predicted: Tensor; target: Tensor } {
  const parts = context.tasks.map((task) => {
    const { label, valid } = context.labels(task);
    const predicted = task.kind.joint.encodePrediction(predictions[task.name], task.spec);
    const known = task.kind.joint.encodeLabel(label, valid, task.spec);
    return { predicted, target: add(mul(known, valid), mul(predicted, sub(1, valid))) };
  });
  return {
    predicted: concat(
      parts.map((part) => part.predicted),
      1,
    ),
    target: concat(
      parts.map((part) => part.target),
      1,
    ),
  };
}

/**
 * Eq. 5: (1/B) Σ_b [ Dist(g1(Ŷ), g1(Y)) + Recon(g(⟨Ŷ⟩), ⟨Ŷ⟩) + Recon(g(⟨Y⟩), ⟨Y⟩) ], ⟨⟩ detached; Recon sums the task losses of all tasks.
 * Ŷ and Y pass g as one batch: it is one function, so both are normalised by the same statistics, and a shift between them stays visible to
 * the distance. The encoder runs once: the detached inputs equal the others, so only the gradients part ways.
 * The released code differs: see `jtr-released.ts`.
 */
export function jointTerms(
  context: MethodContext,
  predictions: Readonly<Record<string, Tensor>>,
  options: Pick<JtrOptions, "distance" | "distanceWeight" | "reconstructionWeight" | "rampUp">,
  autoEncoder: JointAutoEncoder,
): LossTerm[] {
  const { batchSize: n, forward } = context;
  const { predicted, target } = jointStacks(context, predictions);
  const stacks = concat([predicted, target], 0);
  const latent = autoEncoder.encode(stacks, forward).bottleneck;
  const half = (x: Tensor, which: 0 | 1) => slice(x, { starts: [which * n], ends: [(which + 1) * n] });
  const distance = reduceMean(latentDistance(options.distance, half(latent, 0), half(latent, 1)));
  const terms: LossTerm[] = [
    { name: "jtr.distance", value: distance, weight: options.distanceWeight, rampUp: options.rampUp },
  ];
  if (options.reconstructionWeight === 0) return terms;

  const fixed = detach(stacks);
  const rebuilt = splitStack(context, autoEncoder.decode(autoEncoder.encode(fixed, forward), forward));
  const wanted = splitStack(context, fixed);
  const everywhere = expand(filled(1, 4), [2 * n, 1, ...context.size]);
  const losses = context.tasks.map(({ kind, spec }, i) =>
    kind.joint.reconstructionLoss(rebuilt[i], wanted[i], everywhere, spec),
  );
  // The mean over 2B rows, twice: the sum of the two reconstruction terms.
  const value = mul(reduceMean(losses.reduce((sum, loss) => add(sum, loss))), 2);
  return [...terms, { name: "jtr.reconstruction", value, weight: options.reconstructionWeight }];
}

export const jtr: MethodDefinition<JtrOptions> = {
  name: "jtr",
  options: z.strictObject({
    distanceWeight: z.number().nonnegative().default(4).describe("c_dist of the paper"),
    reconstructionWeight: z
      .number()
      .nonnegative()
      .default(2)
      .describe("c_recon; 0 leaves the reconstruction out (Tab. 8)"),
    rampUp: z
      .int()
      .min(0)
      .default(0)
      .describe("steps over which the distance's weight grows from 0; the papers' is 0"),
    distance: z.enum(["cosine", "l1", "l2"]).default("cosine"),
    width: z.int().min(1).default(64).describe("width of the auto-encoder, a SegNet"),
    bottleneck: z
      .int()
      .min(1)
      .optional()
      .describe("channels of the joint-task latent; default 8 times the width"),
    variant: z
      .enum(["paper", "released"])
      .default("paper")
      .describe("released: what the published code does"),
  }),
  views: ({ variant }) =>
    variant === "paper"
      ? [{ from: "sample", photometric: false }]
      : [
          { from: "sample", photometric: true },
          { from: 0, photometric: true },
          { from: 0, photometric: true },
        ],
  build(context, options) {
    const network = segnet({ width: options.width, bottleneck: options.bottleneck });
    const autoEncoder = jointAutoEncoder(context, network);
    if (options.variant === "released") return releasedTerms(context, options, autoEncoder);
    const { predictions } = predict(context, context.image());
    const supervised = supervisedTerms(context, predictions, { variant: "paper" });
    return { terms: [...supervised, ...jointTerms(context, predictions, options, autoEncoder)], predictions };
  },
};

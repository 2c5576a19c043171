/** @file Joint-Task Regularization (Nishi et al. 2024, eq. 4-6). */
import { z } from "zod";
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { equal, where } from "../../graph/ops/compare.js";
import { filled } from "../../graph/ops/leaf.js";
import { reduceMean } from "../../graph/ops/reduce.js";
import { concat, expand, reshape, slice } from "../../graph/ops/shape.js";
import { detach } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { segnet } from "../../models/segnet.js";
import { latentDistance } from "../distance.js";
import type { LossTerm, MethodContext, MethodDefinition } from "../method.js";
import { type Ramp, rampOptions } from "../ramp.js";
import { networkPasses, supervisedTerms } from "../supervised.js";
import { jointEncoding } from "./joint-encoding.js";
import {
  type GivenJtrOptions,
  type JointAutoEncoder,
  type JtrOptions,
  jointAutoEncoder,
  jtrOptions,
  recommendedJtr,
  splitStack,
} from "./parts.js";
import { publishedTerms } from "./published.js";

type BatchContext = Pick<MethodContext, "tasks" | "labels" | "batchSize">;
type Predictions = Readonly<Record<string, Tensor>>;

/**
 * Eq. 4: Ŷ stacks the predictions of all tasks, Y the labels, with predictions in place of missing labels and
 * of invalid pixels. Both [N, ΣO_t, H, W]. Gradients flow through both. With `other`, the predictions of
 * another augmentation of the same pixels, section 4.4 holds: Y of a sample without any label is the stack of
 * those, so that the distance asks both augmentations to agree. `bounded` brings unbounded values into [0, 1]
 * first.
 */
export function jointStacks(
  context: BatchContext,
  predictions: Predictions,
  { bounded = false, other }: { readonly bounded?: boolean; readonly other?: Predictions } = {},
): { predicted: Tensor; target: Tensor } {
  const bare = other === undefined ? null : unlabelledSamples(context);
  const parts = context.tasks.map((task) => {
    const encoding = jointEncoding(task);
    const { label, valid } = context.labels(task);
    const bound = (values: Tensor) => (bounded ? (encoding.bounded?.(values) ?? values) : values);
    const encode = (prediction: Tensor) => bound(encoding.encodePrediction(prediction));
    const predicted = encode(predictions[task.name]);
    const known = bound(encoding.encodeLabel(label, valid));
    const substitute = bare === null ? predicted : where(bare, encode(other![task.name]), predicted);
    return { predicted, target: add(mul(known, valid), mul(substitute, sub(1, valid))) };
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

/** [N,1,1,1], bool: samples that are labelled for no task. */
function unlabelledSamples(context: BatchContext): Tensor {
  const counts = context.tasks
    .map((task) => context.labels(task).labelled)
    .reduce((sum, flags) => add(sum, flags));
  return equal(reshape(counts, [context.batchSize, 1, 1, 1]), 0);
}

/**
 * Eq. 5: (1/B) Σ_b [ Dist(g1(Ŷ), g1(Y)) + Recon(g(⟨Ŷ⟩), ⟨Ŷ⟩) + Recon(g(⟨Y⟩), ⟨Y⟩) ], ⟨⟩ detached; Recon sums
 * the task losses of all tasks. Ŷ and Y pass g as one batch: it is one function, so both are normalised by
 * the same statistics, and a shift between them stays visible to the distance. The encoder runs once: the
 * detached inputs equal the others, so only the gradients part ways. The published code differs: see
 * `published.ts`.
 */
export function jointTerms(
  context: MethodContext,
  stacks: { readonly predicted: Tensor; readonly target: Tensor },
  options: Pick<JtrOptions, "distance" | "distanceWeight" | "reconstructionWeight" | keyof Ramp>,
  autoEncoder: JointAutoEncoder,
): LossTerm[] {
  const { batchSize: n } = context;
  const both = concat([stacks.predicted, stacks.target], 0);
  const latent = autoEncoder.encode(both).bottleneck;
  const half = (x: Tensor, which: 0 | 1) => slice(x, { starts: [which * n], ends: [(which + 1) * n] });
  const distance = reduceMean(latentDistance(options.distance, half(latent, 0), half(latent, 1)));
  const terms: LossTerm[] = [
    { name: "jtr.distance", value: distance, weight: options.distanceWeight, ramp: options },
  ];
  if (options.reconstructionWeight === 0) return terms;

  const fixed = detach(both);
  const rebuilt = splitStack(context, autoEncoder.decode(autoEncoder.encode(fixed)));
  const wanted = splitStack(context, fixed);
  const everywhere = expand(filled(1, 4), [2 * n, 1, ...context.size]);
  const losses = context.tasks.map((task, i) =>
    jointEncoding(task).reconstructionLoss(rebuilt[i], wanted[i], everywhere),
  );
  // The mean over 2B rows, twice: the sum of the two reconstruction terms.
  const value = mul(reduceMean(losses.reduce((sum, loss) => add(sum, loss))), 2);
  return [...terms, { name: "jtr.reconstruction", value, weight: options.reconstructionWeight }];
}

const ramp = rampOptions("the distance's weight");

export const jtr: MethodDefinition<GivenJtrOptions> = {
  name: "jtr",
  options: z.strictObject({
    distanceWeight: z.number().nonnegative().default(4).describe("c_dist of the paper"),
    reconstructionWeight: z
      .number()
      .nonnegative()
      .default(2)
      .describe("c_recon; 0 leaves the reconstruction out (Tab. 8)"),
    ...ramp,
    rampUp: ramp.rampUp
      .unwrap()
      .optional()
      .describe(
        "steps over which the distance's weight then grows from 0; left out: 300 in variant recommended, else 0",
      ),
    distance: z.enum(["cosine", "l1", "l2"]).default("cosine"),
    bounded: z
      .boolean()
      .optional()
      .describe(
        "unbounded values (depth) enter the stacks through a normal distribution function; left out: yes in variant recommended, no in paper; released does so in its own way",
      ),
    width: z.int().min(1).default(64).describe("width of the auto-encoder, a SegNet"),
    bottleneck: z
      .int()
      .min(1)
      .optional()
      .describe("channels of the joint-task latent; default 8 times the width"),
    variant: z
      .enum(["recommended", "paper", "released"])
      .default("recommended")
      .describe(
        "recommended: the paper's equations, `bounded`, with `rampUp: 300` and, for the run, `clipNorm: 5`, each where nothing else is said; paper: the equations alone; released: what the published code does",
      ),
    unlabelled: z
      .enum(["none", "consistency"])
      .default("none")
      .describe(
        "distance of images without any label: none, or between two augmentations (section 4.4; a second view; not in variant released)",
      ),
  }),
  recommended: recommendedJtr,
  views: ({ variant, unlabelled }) =>
    variant === "released"
      ? [
          { from: "sample", photometric: true },
          { from: 0, photometric: true },
          { from: 0, photometric: true },
        ]
      : unlabelled === "none"
        ? [{ from: "sample", photometric: false }]
        : [
            { from: "sample", photometric: true },
            { from: 0, photometric: true, geometry: "shared" },
          ],
  build(context, given) {
    const options = jtrOptions(given);
    const network = segnet({ width: options.width, bottleneck: options.bottleneck });
    if (options.variant === "released") return publishedTerms(context, options, network);
    const autoEncoder = jointAutoEncoder(context, network, context.forward);
    const views = options.unlabelled === "none" ? [0] : [0, 1];
    const [{ predictions }, second] = networkPasses(context, views);
    const supervised = supervisedTerms(context, predictions, { variant: "paper" });
    const stacks = jointStacks(context, predictions, {
      bounded: options.bounded,
      other: second?.predictions,
    });
    return { terms: [...supervised, ...jointTerms(context, stacks, options, autoEncoder)] };
  },
};

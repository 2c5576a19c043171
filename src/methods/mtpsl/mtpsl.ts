/** @file Cross-task consistency in pair-wise spaces: MTPSL (Li et al. 2022; JTR eq. 3). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../../graph/ops/arithmetic.js";
import { reduceSum } from "../../graph/ops/reduce.js";
import { resizeBilinear } from "../../graph/ops/resize.js";
import { expand, reshape } from "../../graph/ops/shape.js";
import { detach } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { Layer } from "../../nn/layer.js";
import { latentDistance } from "../distance.js";
import type { LossTerm, MethodContext, MethodDefinition } from "../method.js";
import { observedMean } from "../observed.js";
import { labelledFlags, type PairChoice, pairSlots, requirePairs } from "../pairs.js";
import { type Ramp, rampOptions } from "../ramp.js";
import { PLAIN_VIEWS } from "../streams.js";
import { networkInput, networkPass, networkPasses, supervisedTerms } from "../supervised.js";
import { type PairView, paperInputs, publishedInputs } from "./pair-inputs.js";
import { FILM_GROUP, pairLatents } from "./pair-space.js";

export interface MtpslOptions extends Ramp {
  readonly weight: number;
  readonly regularisation: boolean;
  readonly pairs: PairChoice;
  /** Width of the mapping network, a SegNet encoder. */
  readonly width: number;
  readonly filmLearningRate: number;
  readonly variant: "paper" | "released";
}

/** Name of the mapping network. */
const HELPER = "mtpsl";
/** Share of the regularisation in the pair loss, in the published code. */
const REGULARISATION = 0.5;

/**
 * JTR eq. 3 over ordered pairs of an unlabelled source s and a labelled target t, m(·; s, t) the mapping
 * network in the pair's space:
 *
 *     consistency    (1/B) Σ_b 1/|U_b| Σ_{s in U_b, t in T_b} D(m(ŷ_s), m(y_t)),  D = 1 - mean over positions
 *     of cos over channels
 *     regularisation (1/B) Σ_b 1/|U_b| Σ_{s in U_b, t in T_b} D(m(ŷ_s), ⟨f⟩) + D(m(y_t), ⟨f⟩)
 *
 * f is the network's own deepest feature, ⟨⟩ detached; where its size is not that of the pair's space, it is
 * resized. Gradients reach m by both sides, and predictions where they are the source of such a pair. With
 * `pairs: all` every task is a source (and |U_b| is K). `released` leaves out 1/|U_b|.
 */
export function pairTerms(
  context: MethodContext,
  options: Omit<MtpslOptions, "filmLearningRate">,
  view: PairView,
): LossTerm[] {
  const asPublished = options.variant === "released";
  const labelled = labelledFlags(context, view.index);
  const { choice, counts } = pairSlots(labelled, options.pairs);
  const [batch, slots] = counts.shape;
  const mapping = new Layer(context.helper(HELPER), context.forward);
  const { source, target } = pairLatents(
    // Running statistics of single maps would serve nobody.
    asPublished ? mapping.with({ statistics: "sample", updatesState: false }) : mapping,
    asPublished ? publishedInputs(context, view) : paperInputs(context, view, options.pairs),
    choice,
    { width: options.width, channels: view.bottleneck.shape[1] },
  );

  const sources =
    options.pairs === "all" ? labelled.shape[1] : reduceSum(sub(1, labelled), { axes: [1], keepDims: true });
  const share = div(counts, mul(batch, asPublished ? 1 : maximum(sources, 1)));
  const overPairs = (losses: Tensor): Pick<LossTerm, "value" | "observed" | "ramp"> => {
    const perSlot = reshape(losses, [batch, slots]);
    return { value: reduceSum(mul(perSlot, share)), observed: observedMean(perSlot, counts), ramp: options };
  };
  const consistency = latentDistance("cosine", source, target);
  const { weight } = options;
  const terms: LossTerm[] = [{ name: "mtpsl.consistency", weight, ...overPairs(consistency) }];
  if (!options.regularisation) return terms;

  const [, channels, height, width] = source.shape;
  const feature = resizeBilinear(detach(view.bottleneck), [height, width]);
  const perSlot = expand(reshape(feature, [batch, 1, channels, height, width]), [
    batch,
    slots,
    channels,
    height,
    width,
  ]);
  const wanted = reshape(perSlot, source.shape);
  const towards = add(latentDistance("cosine", source, wanted), latentDistance("cosine", target, wanted));
  return [...terms, { name: "mtpsl.regularisation", weight: weight * REGULARISATION, ...overPairs(towards) }];
}

/**
 * MTPSL. `paper`: JTR's eq. 1 and 3 on one view. `released`: the published code (commit e9d8859): two views
 * in one pass of the network, supervised losses of view 0 summed over tasks, pair losses of view 1 summed
 * over pairs, encodings of its own, each map normalised by itself.
 */
export const mtpsl: MethodDefinition<MtpslOptions> = {
  name: "mtpsl",
  options: z.strictObject({
    weight: z
      .number()
      .nonnegative()
      .default(2)
      .describe("of the pair loss; the code has 2 for NYUv2, 1 for Cityscapes"),
    regularisation: z
      .boolean()
      .default(true)
      .describe("draw the pairs' spaces, by half the weight, towards the network's feature"),
    ...rampOptions("the pair loss's weight"),
    pairs: z
      .enum(["unlabelled", "all"])
      .default("unlabelled")
      .describe("all: every task is a source, for fully labelled images"),
    width: z.int().min(1).default(64).describe("width of the mapping network, a SegNet encoder"),
    filmLearningRate: z
      .number()
      .positive()
      .default(1e-3)
      .describe("of the pairs' own parameters; the code has 1e-3 for NYUv2, 1e-5 for Cityscapes"),
    variant: z
      .enum(["paper", "released"])
      .default("paper")
      .describe("released: what the published code does"),
  }),
  views: ({ variant }) =>
    variant === "paper"
      ? PLAIN_VIEWS
      : [
          { from: "sample", photometric: true },
          { from: 0, photometric: true },
        ],
  groups: ({ filmLearningRate }) => [{ name: FILM_GROUP, learningRate: filmLearningRate }],
  build(context, options) {
    requirePairs("mtpsl", context);
    if (options.variant === "paper") {
      const pass = networkPass(context, networkInput(context));
      return {
        terms: [
          ...supervisedTerms(context, pass.predictions, { variant: "paper" }),
          ...pairTerms(context, options, { ...pass, index: 0 }),
        ],
      };
    }
    const [{ predictions }, second] = networkPasses(context, [0, 1]);
    return {
      terms: [
        ...supervisedTerms(context, predictions, { variant: "released" }),
        ...pairTerms(context, options, { ...second, index: 1 }),
      ],
    };
  },
};

/** @file Cross-task consistency: XTasC-Net's losses (Nakano et al. 2021), for any number of tasks. */
import { z } from "zod";
import { reduceMean } from "../../graph/ops/reduce.js";
import { detach } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { transferNetwork } from "../../models/transfer-network.js";
import { Layer } from "../../nn/layer.js";
import { sumPerSample } from "../../tasks/masked.js";
import type { Task } from "../../tasks/task.js";
import type { LossTerm, MethodContext, MethodDefinition, NetworkPass, TransferContext } from "../method.js";
import { observedMean } from "../observed.js";
import { requirePairs } from "../pairs.js";
import { networkInput, networkPass, supervisedTerm } from "../supervised.js";
import { type Comparison, comparison, everywhere, type Variant } from "./comparison.js";
import { lambdasOf, type TransferOptions, transfersOf } from "./transfers.js";

export interface XtascOptions extends TransferOptions {
  /**
   * What a transferred prediction is compared with: the direct one, the label; `none`: nothing is
   * transferred.
   */
  readonly loss: "consistency" | "align" | "none";
  /** Whether tasks have to be consistent where no label holds; the variant's way if left out. */
  readonly unlabelled?: boolean;
  /** Channels of the first block of the transfer networks; 64 in the paper. */
  readonly width: number;
  readonly variant: Variant;
}

type Predictions = NetworkPass["predictions"];
type Mean = Pick<LossTerm, "value" | "observed">;

/** A task of the run as the method sees it. */
interface Member {
  readonly task: Task;
  readonly compared: Comparison;
}

/**
 * Mean of the task's own loss of a prediction against its labels (eq. 12, 14; transferred: eq. 8), over the
 * samples that are labelled, or over all valid pixels of the batch.
 */
function againstLabels(context: MethodContext, { task, compared }: Member, prediction: Tensor): Mean {
  const { label, valid, labelled } = context.labels(task);
  const losses = task.kind.learning.loss(prediction, label, valid, task.spec);
  const observed = observedMean(losses, compared.pooled ? sumPerSample(valid) : labelled);
  return { value: observed.value, observed };
}

/**
 * Mean of the disagreement of a transferred prediction with the direct one, through which no gradient passes
 * (eq. 3, 13, 15): over all pixels of all samples, or over those where the target is labelled.
 */
function againstDirect(
  context: MethodContext,
  { task, compared }: Member,
  [transferred, direct]: readonly [Tensor, Tensor],
  unlabelled: boolean,
): Mean {
  const fixed = detach(direct);
  if (unlabelled) return { value: reduceMean(compared.agreement(transferred, fixed, everywhere(fixed))) };
  const { valid, labelled } = context.labels(task);
  const observed = observedMean(compared.agreement(transferred, fixed, valid), labelled);
  return { value: observed.value, observed };
}

/** The source's prediction as the target's, by the pair's own network: [N,C,H,W]. */
function transferredTo(
  context: TransferContext,
  predictions: Predictions,
  [source, target]: readonly [Member, Member],
  { width, variant }: XtascOptions,
): Tensor {
  const { name, kind, spec } = target.task;
  const place = context.helper("transfer").child(source.task.name).child(name);
  const read = source.compared.reads(predictions[source.task.name]);
  const enlarges = variant === "released" ? "before" : "behind";
  const layer = new Layer(place, context.forward);
  return kind.learning.activate(
    transferNetwork(layer, read, kind.learning.channels(spec), { width, enlarges }),
    spec,
  );
}

const membersOf = ({ tasks }: TransferContext, { variant }: XtascOptions): Member[] =>
  tasks.map((task) => ({ task, compared: comparison(variant, task) }));

const chosenTransfers = (names: readonly string[], options: XtascOptions) =>
  options.loss === "none" ? [] : transfersOf(names, options);

/**
 * Terms whose sum over the objective t is eq. 11, L_t = (1 - λ_t) ℓ_t + λ_t · mean over s of ℓ_{t→s}, s the
 * tasks that t is transferred to. A task that is transferred to none keeps its direct loss whole.
 */
function xtascTerms(context: MethodContext, predictions: Predictions, options: XtascOptions): LossTerm[] {
  const names = context.tasks.map(({ name }) => name);
  const { loss, variant, unlabelled = variant === "paper" } = options;
  const members = membersOf(context, options);
  const lambdas = lambdasOf(names, options.lambda);
  const transfers = chosenTransfers(names, options);
  const count = (index: number) => transfers.filter(({ source }) => source === index).length;

  const direct = members.map((member, i) => ({
    ...supervisedTerm(member.task),
    weight: count(i) === 0 ? 1 : 1 - lambdas[i],
    ...againstLabels(context, member, predictions[names[i]]),
  }));
  const transferred = transfers.map(({ source, target }): LossTerm => {
    const [from, to] = [members[source], members[target]];
    const map = transferredTo(context, predictions, [from, to], options);
    const mean =
      loss === "align"
        ? againstLabels(context, to, map)
        : againstDirect(context, to, [map, predictions[names[target]]], unlabelled);
    return {
      name: `xtasc.${names[source]}.${names[target]}`,
      weight: lambdas[source] / count(source),
      objective: names[source],
      ...mean,
    };
  });
  return [...direct, ...transferred];
}

export const xtasc: MethodDefinition<XtascOptions> = {
  name: "xtasc",
  options: z.strictObject({
    lambda: z
      .union([z.number().min(0).max(1), z.record(z.string(), z.number().min(0).max(1))])
      .default(0.01)
      .describe(
        "share of transferred predictions in a task's loss (eq. 11), or one for each task; the paper has 0.01 for Cityscapes, 1e-4 for NYUv2",
      ),
    loss: z
      .enum(["consistency", "align", "none"])
      .default("consistency")
      .describe(
        "transferred predictions are compared with direct ones (XTasC-Net), with labels (Align-Net); none: nothing is transferred (Base MT-Net)",
      ),
    transfer: z
      .enum(["pairs", "graph", "hub"])
      .default("pairs")
      .describe(
        "which tasks are transferred: every one to every other, those of `edges`, all from and to `hub`",
      ),
    edges: z
      .array(z.tuple([z.string().min(1), z.string().min(1)]))
      .min(1)
      .optional()
      .describe("[from, to] of each transfer, with `transfer: graph`"),
    hub: z.string().min(1).optional().describe("the task in the middle, with `transfer: hub`"),
    unlabelled: z
      .boolean()
      .optional()
      .describe(
        "consistency also where the target has no label; left out: yes in variant paper, no in released",
      ),
    width: z
      .int()
      .min(1)
      .default(64)
      .describe("channels of the first block of the transfer networks, one for every transfer"),
    variant: z
      .enum(["paper", "released"])
      .default("paper")
      .describe("released: what the published code does; `evaluation.mean` is then `images` by default"),
  }),
  // The code's mIoU, accuracy and errors are means over images.
  recommended: ({ variant }) => (variant === "released" ? { run: { evaluation: { mean: "images" } } } : {}),
  transferred(context, predictions, options) {
    const members = membersOf(context, options);
    const found: Record<string, Tensor[]> = {};
    for (const { source, target } of chosenTransfers(
      context.tasks.map(({ name }) => name),
      options,
    )) {
      const [from, to] = [members[source], members[target]];
      found[to.task.name] ??= [];
      found[to.task.name].push(transferredTo(context, predictions, [from, to], options));
    }
    return found;
  },
  build(context, options) {
    if (options.loss !== "none") requirePairs("xtasc", context);
    const { predictions } = networkPass(context, networkInput(context));
    return { terms: xtascTerms(context, predictions, options) };
  },
};

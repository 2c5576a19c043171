/**
 * @file How XTasC-Net's losses treat tasks: what a transfer network reads of a prediction, and how what it
 * makes of it is compared with the direct prediction of the other task. Tables by kind of task, by the paper
 * and by the released code.
 */
import { mul } from "../../graph/ops/arithmetic.js";
import { filled } from "../../graph/ops/leaf.js";
import { expand, oneHot } from "../../graph/ops/shape.js";
import { logSoftmax, softmax } from "../../graph/ops/softmax.js";
import type { Tensor } from "../../graph/tensor.js";
import { maskedCrossEntropy } from "../../tasks/masked.js";
import type { Task } from "../../tasks/task.js";
import { type PublishedTable, publishedEncoding } from "../jtr/published-encoding.js";

export type Variant = "paper" | "released";

/** Predictions [N,C,H,W], masks [N,1,H,W] of zeros and ones. */
export interface Comparison {
  /** What transfer networks read of the task's prediction. */
  reads(prediction: Tensor): Tensor;
  /**
   * Loss of each sample [N] between a prediction that was transferred to this task and the direct one, which
   * is detached, over the pixels of `mask`.
   */
  agreement(transferred: Tensor, direct: Tensor, mask: Tensor): Tensor;
  /** Whether losses on labels are means over all pixels of a batch, not over its images. */
  readonly pooled: boolean;
}

/**
 * The values themselves, compared by the task's own loss with the direct prediction as its label: eq. 15 for
 * depth, the cosine for normals.
 */
function byOwnLoss({ kind, spec }: Task): Comparison {
  const { pseudoLabel, loss } = kind.learning;
  return {
    reads: (prediction) => prediction,
    agreement(transferred, direct, mask) {
      const { label, valid } = pseudoLabel(direct, spec, 0);
      return loss(transferred, label, mul(valid, mask), spec);
    },
    pooled: false,
  };
}

const paper: Readonly<Record<string, (task: Task) => Comparison>> = {
  // Eq. 13: probabilities are the target.
  segmentation: () => ({
    reads: (logits) => softmax(logits, 1),
    agreement: (transferred, direct, mask) => maskedCrossEntropy(transferred, softmax(direct, 1), mask),
    pooled: false,
  }),
};

const released: PublishedTable<Comparison> = {
  segmentation: ({ kind, spec }) => ({
    reads: (logits) => logSoftmax(logits, 1),
    // The most probable class is the target; pixels outside of the mask add nothing, but are counted.
    agreement(transferred, direct, mask) {
      const { label } = kind.learning.pseudoLabel(direct, spec, 0);
      const target = mul(oneHot(label, kind.learning.channels(spec)), mask);
      return maskedCrossEntropy(mul(transferred, mask), target, everywhere(mask));
    },
    pooled: true,
  }),
  depth: byOwnLoss,
};

/** The task's entry. The paper's for kinds that it does not have is `byOwnLoss`; UserError for `released`. */
export function comparison(variant: Variant, task: Task): Comparison {
  if (variant === "released") return publishedEncoding("XTasC-Net", released, task);
  const { kind } = task.kind;
  return (Object.hasOwn(paper, kind) ? paper[kind] : byOwnLoss)(task);
}

/** Ones in the place of every pixel of a map [N,C,H,W]: [N,1,H,W]. */
export function everywhere({ shape: [n, , height, width] }: Tensor): Tensor {
  return expand(filled(1, 4), [n, 1, height, width]);
}

/**
 * @file JTR as its published code computes it (commit f6a2279), for comparison with the paper's equations:
 * two further augmented views, gradients of the distance only to predictions of unlabelled tasks, the
 * auto-encoder normalised sample by sample, other encodings and reconstruction losses
 * (`published-encoding.ts`). Not reproduced: NaN where a labelled task has no valid pixel.
 */
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { reduceMean } from "../../graph/ops/reduce.js";
import { concat, reshape, slice } from "../../graph/ops/shape.js";
import { detach } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Network } from "../../models/network.js";
import type { Task } from "../../tasks/task.js";
import { latentDistance } from "../distance.js";
import type { MethodContext, MethodResult } from "../method.js";
import { networkPasses, supervisedTerms } from "../supervised.js";
import { type JtrOptions, jointAutoEncoder, splitStack } from "./parts.js";
import { jtrPublished, type PublishedJointEncoding, publishedEncoding } from "./published-encoding.js";

/** One task in one view, ready to be stacked. */
interface Part {
  readonly task: Task;
  readonly encoding: PublishedJointEncoding;
  /** Prediction, detached where the sample is labelled. */
  readonly prediction: Tensor;
  readonly label: Tensor;
  readonly valid: Tensor;
  /** [N,1,1,1] */
  readonly labelled: Tensor;
}

/**
 * Supervised losses on view 0, summed over labelled tasks; d1 on view 1 through frozen weights; d2 and the
 * reconstructions on view 2 for the auto-encoder alone. Total: supervised + c_dist (d1 + c_recon d2) +
 * c_recon recon, per sample, averaged.
 */
export function publishedTerms(context: MethodContext, options: JtrOptions, network: Network): MethodResult {
  const { batchSize: n } = context;
  const views = networkPasses(context, [0, 1, 2]);
  const [predictions, predictions1, predictions2] = views.map((view) => view.predictions);
  const supervised = supervisedTerms(context, predictions, { variant: "released" });

  // Running statistics of g serve nobody: it always runs on its batch's own.
  const apart = context.forward.with({ statistics: "sample", updatesState: false });
  const g = jointAutoEncoder(context, network, apart);
  const first = viewParts(context, predictions1, 1);
  const firstMask = sharedMask(first);
  const predicted1 = stackOf(first, (part) => encode(context, part, firstMask, "view1.predicted"));
  const target1 = stackOf(first, (part) =>
    choose(part, labelOf(part), encode(context, part, firstMask, "view1.target")),
  );
  const latent1 = g.frozen.encode(concat([predicted1, target1], 0)).bottleneck;
  const d1 = distance(options, latent1, n);

  const second = viewParts(context, predictions2, 2);
  const mask = sharedMask(second);
  const soft = second.map((part) => part.encoding.encodePrediction(part.prediction, { mask }));
  const target2 = stackOf(second, (part) =>
    choose(part, labelOf(part), encode(context, part, mask, "view2.target")),
  );
  const encoded = g.encode(detach(concat([concat(soft, 1), target2], 0)));
  const d2 = distance(options, encoded.bottleneck, n);

  const rebuilt = splitStack(context, g.decode(encoded));
  const losses = second.flatMap((part, i) => {
    const draw = (name: string) => ({ mask, noise: noiseFor(context, part, name) });
    const { encoding, prediction, label, valid } = part;
    const substitute = encoding.substituteTarget(prediction, draw("view2.substitute"));
    const ofTarget = choose(part, encoding.labelTarget(label, valid), substitute);
    const ofPredicted = encoding.predictionTarget(prediction, soft[i], draw("view2.reconstructed"));
    return [ofPredicted, ofTarget].map((target, which) =>
      encoding.reconstructionLoss(
        slice(rebuilt[i], { starts: [which * n], ends: [(which + 1) * n] }),
        detach(target),
        mask,
      ),
    );
  });
  const reconstruction = reduceMean(losses.reduce((sum, loss) => add(sum, loss)));
  const { distanceWeight, reconstructionWeight } = options;
  return {
    terms: [
      ...supervised,
      { name: "jtr.distance", value: d1, weight: distanceWeight, ramp: options },
      { name: "jtr.distance.encoder", value: d2, weight: distanceWeight * reconstructionWeight },
      { name: "jtr.reconstruction", value: reconstruction, weight: reconstructionWeight },
    ],
  };
}

function viewParts(
  context: MethodContext,
  predictions: Readonly<Record<string, Tensor>>,
  view: number,
): Part[] {
  return context.tasks.map((task) => {
    const encoding = publishedEncoding("JTR", jtrPublished, task);
    const labels = context.labels(task, view);
    const labelled = reshape(labels.labelled, [context.batchSize, 1, 1, 1]);
    const prediction = predictions[task.name];
    const cut = add(mul(detach(prediction), labelled), mul(prediction, sub(1, labelled)));
    return { task, encoding, prediction: cut, label: labels.label, valid: labels.valid, labelled };
  });
}

/** Pixels at which every labelled task of the sample holds: [N,1,H,W]. */
function sharedMask(parts: readonly Part[]): Tensor {
  return parts
    .map(({ valid, labelled }) => add(valid, sub(1, labelled)))
    .reduce((mask, holds) => mul(mask, holds));
}

function stackOf(parts: readonly Part[], encodePart: (part: Part) => Tensor): Tensor {
  return concat(parts.map(encodePart), 1);
}

function labelOf({ encoding, label, valid }: Part): Tensor {
  return encoding.encodeLabel(label, valid);
}

/** `known` for labelled samples, `other` for the rest. */
function choose({ labelled }: Part, known: Tensor, other: Tensor): Tensor {
  return add(mul(known, labelled), mul(other, sub(1, labelled)));
}

function encode(context: MethodContext, part: Part, mask: Tensor, drawName: string): Tensor {
  const noise = noiseFor(context, part, drawName);
  return part.encoding.encodePrediction(part.prediction, { mask, noise });
}

function noiseFor(context: MethodContext, { encoding, task }: Part, name: string): Tensor | undefined {
  const channels = encoding.noiseChannels;
  if (channels === 0) return undefined;
  const shape = [context.batchSize, channels, ...context.size];
  return context.noise({ name: `noise.${name}.${task.name}`, shape, distribution: "gumbel" });
}

function distance(options: JtrOptions, latent: Tensor, n: number): Tensor {
  const predicted = slice(latent, { starts: [0], ends: [n] });
  const target = slice(latent, { starts: [n], ends: [2 * n] });
  return reduceMean(latentDistance(options.distance, predicted, target));
}

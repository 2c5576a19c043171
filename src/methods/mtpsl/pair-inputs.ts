/**
 * @file What MTPSL's mapping network reads of a view: by the paper's encodings, or as the published code
 * makes them.
 */
import { add, mul, sub } from "../../graph/ops/arithmetic.js";
import { detach } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { jointEncoding } from "../jtr/joint-encoding.js";
import { publishedEncoding } from "../jtr/published-encoding.js";
import type { MethodContext } from "../method.js";
import { labelledFlags, learningSource, type PairChoice } from "../pairs.js";
import type { PairInput } from "./pair-space.js";
import { mtpslPublished } from "./published-encoding.js";

/** Predictions and labels of a view, and the encoder's feature of it. */
export interface PairView {
  readonly index: number;
  readonly predictions: Readonly<Record<string, Tensor>>;
  readonly bottleneck: Tensor;
}

/**
 * The encodings of JTR's eq. 4 for both; where a label does not hold, the detached prediction stands in its
 * place.
 */
export function paperInputs(
  context: MethodContext,
  { index, predictions }: PairView,
  which: PairChoice,
): PairInput[] {
  const labelled = labelledFlags(context, index);
  return context.tasks.map((task, i) => {
    const { label, valid } = context.labels(task, index);
    const encoding = jointEncoding(task);
    const encoded = encoding.encodePrediction(predictions[task.name]);
    const known = mul(encoding.encodeLabel(label, valid), valid);
    return {
      name: task.name,
      prediction: learningSource(encoded, i, labelled, which),
      label: add(known, mul(detach(encoded), sub(1, valid))),
    };
  });
}

/**
 * Sampled one-hot classes, depth over its largest value, (n + 1) / 2; no validity but what the label's
 * encoding makes of it. Classes are sampled once a step, where the published code samples anew for every pair
 * that the task is the source of: here all pairs read one evaluation of the task's first unit.
 */
export function publishedInputs(context: MethodContext, { index, predictions }: PairView): PairInput[] {
  return context.tasks.map((task) => {
    const { name } = task;
    const encoding = publishedEncoding("MTPSL", mtpslPublished, task);
    const { label, valid } = context.labels(task, index);
    const channels = encoding.noiseChannels;
    const shape = [context.batchSize, channels, ...context.size];
    const noise =
      channels === 0
        ? undefined
        : context.noise({ name: `noise.mtpsl.${name}`, shape, distribution: "gumbel" });
    return {
      name,
      prediction: encoding.encodePrediction(predictions[name], { noise }),
      label: encoding.encodeLabel(label, valid),
    };
  });
}

/** @file Consistency regularisation of unlabelled tasks (JTR, Nishi et al. 2024, eq. 2). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { filled } from "../graph/ops/leaf.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { expand } from "../graph/ops/shape.js";
import { square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Task } from "../tasks/task.js";
import { jointEncoding } from "./jtr/joint-encoding.js";
import type { LossTerm, MethodContext, MethodDefinition } from "./method.js";
import { inLaterView } from "./moved-predictions.js";
import { observedMean } from "./observed.js";
import { type Ramp, rampOptions } from "./ramp.js";
import { networkPasses, supervisedTerms } from "./supervised.js";

interface ConsistencyOptions extends Ramp {
  readonly weight: number;
  readonly distance: "l2" | "task";
  /** Least probability at which the other view's class counts as its label; for `task` only. */
  readonly confidence: number;
  /**
   * How the second view lies in the first: the same crop, or a crop and flip of it, which predictions then
   * follow.
   */
  readonly geometry: "shared" | "undone";
  /** Which tasks of a sample have to agree. */
  readonly tasks: "unlabelled" | "all";
}

type Predictions = Readonly<Record<string, Tensor>>;

/**
 * L_u of two predictions [N,C,H,W] of the same pixels: [N].
 * `l2`: mean squared difference of probabilities, metres, unit vectors, the paper's example; gradients reach
 * both. `task`: the task's own loss, each with the other, detached, as its label; mean of both directions.
 */
function disagreement(
  task: Task,
  [a, b]: readonly [Tensor, Tensor],
  { distance, confidence }: ConsistencyOptions,
): Tensor {
  if (distance === "l2") {
    const { encodePrediction } = jointEncoding(task);
    return reduceMean(square(sub(encodePrediction(a), encodePrediction(b))), { axes: [1, 2, 3] });
  }
  const { kind, spec } = task;
  const against = (prediction: Tensor, other: Tensor) => {
    const { label, valid } = kind.learning.pseudoLabel(other, spec, confidence);
    return kind.learning.loss(prediction, label, valid, spec);
  };
  return mul(add(against(a, b), against(b, a)), 0.5);
}

/**
 * The second sum of eq. 2, one term a task: (1/B) Σ_b 1/|U_b| Σ_{t in U_b} L_u(ŷ_t(A(x)), ŷ_t(A'(x))), U_b
 * the unlabelled tasks of sample b (or all tasks). `views` are predictions of two augmentations for the same
 * points.
 */
export function consistencyTerms(
  context: Pick<MethodContext, "tasks" | "labels" | "batchSize">,
  views: readonly [Predictions, Predictions],
  options: ConsistencyOptions,
): LossTerm[] {
  const wanted = context.tasks.map((task) =>
    options.tasks === "all"
      ? expand(filled(1, 1), [context.batchSize])
      : sub(1, context.labels(task).labelled),
  );
  const count = wanted.reduce((sum, flags) => add(sum, flags));
  const share = div(1 / context.batchSize, maximum(count, 1));
  return context.tasks.map((task, i) => {
    const distances = disagreement(task, [views[0][task.name], views[1][task.name]], options);
    const value = reduceSum(mul(mul(distances, wanted[i]), share));
    const observed = observedMean(distances, wanted[i]);
    return { name: `consistency.${task.name}`, value, weight: options.weight, ramp: options, observed };
  });
}

export const consistency: MethodDefinition<ConsistencyOptions> = {
  name: "consistency",
  options: z.strictObject({
    weight: z.number().nonnegative().default(1).describe("of the consistency terms; eq. 2 has none"),
    ...rampOptions("the weight"),
    distance: z
      .enum(["l2", "task"])
      .default("l2")
      .describe("l2: mean squared difference; task: the task's own loss, the other view as label"),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("least probability at which a class of the other view counts, with distance: task"),
    geometry: z
      .enum(["shared", "undone"])
      .default("shared")
      .describe(
        "shared: both views are one crop; undone: the second is a crop and flip of the first, whose predictions are moved to it",
      ),
    tasks: z
      .enum(["unlabelled", "all"])
      .default("unlabelled")
      .describe("tasks of an image that have to agree: those it is not labelled for, or all"),
  }),
  views: ({ geometry }) => [
    { from: "sample", photometric: true },
    { from: 0, photometric: true, geometry: geometry === "shared" ? "shared" : "free" },
  ],
  build(context, options) {
    const [{ predictions }, { predictions: other }] = networkPasses(context, [0, 1]);
    const supervised = supervisedTerms(context, predictions, { variant: "paper" });
    const first =
      options.geometry === "shared" ? predictions : inLaterView(context, predictions, context.placement(1));
    return { terms: [...supervised, ...consistencyTerms(context, [first, other], options)] };
  },
};

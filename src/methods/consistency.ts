/** @file Consistency regularisation of unlabelled tasks (JTR, Nishi et al. 2024, eq. 2). */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Task } from "../tasks/task.js";
import type { LossTerm, MethodContext, MethodDefinition } from "./method.js";
import { predictViews, supervisedTerms } from "./supervised.js";

interface ConsistencyOptions {
  readonly weight: number;
  readonly distance: "task" | "l2";
  /** Least probability at which the other view's class counts as its label; for `task` only. */
  readonly confidence: number;
  /** Which tasks of a sample have to agree. */
  readonly tasks: "unlabelled" | "all";
}

type Predictions = Readonly<Record<string, Tensor>>;

/**
 * L_u of two predictions [N,C,H,W] of the same pixels: [N].
 * `l2`: mean squared difference of probabilities, metres, unit vectors, the paper's example; gradients reach both.
 * `task`: the task's own loss, each with the other, detached, as its label; mean of both directions.
 */
function disagreement(
  { kind, spec }: Task,
  [a, b]: readonly [Tensor, Tensor],
  { distance, confidence }: ConsistencyOptions,
): Tensor {
  if (distance === "l2") {
    const [left, right] = [a, b].map((prediction) => kind.joint.encodePrediction(prediction, spec));
    return reduceMean(square(sub(left, right)), { axes: [1, 2, 3] });
  }
  const against = (prediction: Tensor, other: Tensor) => {
    const { label, valid } = kind.pseudoLabel(other, spec, confidence);
    return kind.loss(prediction, label, valid, spec);
  };
  return mul(add(against(a, b), against(b, a)), 0.5);
}

/**
 * The second sum of eq. 2, one term a task: (1/B) Σ_b 1/|U_b| Σ_{t in U_b} L_u(ŷ_t(A(x)), ŷ_t(A'(x))), U_b the unlabelled tasks of
 * sample b (or all tasks). `views` are predictions of two augmentations with one geometry.
 */
export function consistencyTerms(
  context: Pick<MethodContext, "tasks" | "labels" | "batchSize">,
  views: readonly [Predictions, Predictions],
  options: ConsistencyOptions,
): LossTerm[] {
  const wanted = context.tasks.map((task) => {
    const { labelled } = context.labels(task);
    return options.tasks === "all" ? add(mul(labelled, 0), 1) : sub(1, labelled);
  });
  const count = wanted.reduce((sum, flags) => add(sum, flags));
  const share = div(1 / context.batchSize, maximum(count, 1));
  return context.tasks.map((task, i) => {
    const distances = disagreement(task, [views[0][task.name], views[1][task.name]], options);
    const value = reduceSum(mul(mul(distances, wanted[i]), share));
    return { name: `consistency.${task.name}`, value, weight: options.weight };
  });
}

export const consistency: MethodDefinition<ConsistencyOptions> = {
  name: "consistency",
  options: z.strictObject({
    weight: z.number().nonnegative().default(1).describe("of the consistency terms; eq. 2 has none"),
    distance: z
      .enum(["task", "l2"])
      .default("task")
      .describe("task: the task's own loss, the other view as label; l2: mean squared difference"),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("least probability at which a class of the other view counts, with distance: task"),
    tasks: z
      .enum(["unlabelled", "all"])
      .default("unlabelled")
      .describe("tasks of an image that have to agree: those it is not labelled for, or all"),
  }),
  views: () => [
    { from: "sample", photometric: true },
    { from: 0, photometric: true, geometry: "shared" },
  ],
  build(context, options) {
    const [predictions, other] = predictViews(context, [0, 1]);
    const supervised = supervisedTerms(context, predictions, { variant: "paper" });
    return {
      predictions,
      terms: [...supervised, ...consistencyTerms(context, [predictions, other], options)],
    };
  },
};

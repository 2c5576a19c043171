/**
 * @file Multi-task self-training (MuST; Ghiasi et al. 2021) as JTR's Table 9 compares it: single-task
 * teachers, trained on the labels alone, label what is unlabelled; a multi-task student learns from both.
 */
import { z } from "zod";
import { mul, sub } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import type { Tensor } from "../graph/tensor.js";
import { runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import { Forward } from "../nn/scope.js";
import type { Task } from "../tasks/task.js";
import { headsOf, type LossTerm, type MethodContext, type MethodDefinition } from "./method.js";
import { observedMean } from "./observed.js";
import { networkPerTask } from "./single-task.js";
import { networkInput, networkPass, supervisedTerm } from "./supervised.js";

interface MustOptions {
  /** Run folder of the teachers. */
  readonly teachers: string;
  /** Least probability at which a teacher's class counts. */
  readonly confidence: number;
  readonly pseudoWeight: number;
}

const TEACHERS = "teachers";

/** The teachers' predictions on the student's images, frozen and in evaluation mode, by task name. */
function teach(context: MethodContext): Record<string, Tensor> {
  const layer = new Layer(context.helper(TEACHERS).frozen(), new Forward("eval"));
  const network = networkPerTask(context.network);
  const { outputs } = runNetwork(network, layer, networkInput(context), headsOf(context.tasks));
  return Object.fromEntries(
    context.tasks.map(({ name, kind, spec }) => [name, kind.learning.activate(outputs[name], spec)]),
  );
}

/**
 * Eq. 1 over labels and pseudo-labels, with which each of a sample's K tasks is labelled: for each task the
 * labelled samples' part (1/BK) Σ_{b: t in T_b} L_t(ŷ_t, y_t), then for each task the others' part with
 * teachers' predictions for y_t.
 */
export function studentTerms(
  context: Pick<MethodContext, "tasks" | "labels" | "batchSize">,
  predictions: Readonly<Record<string, Tensor>>,
  taught: Readonly<Record<string, Tensor>>,
  { confidence, pseudoWeight }: Pick<MustOptions, "confidence" | "pseudoWeight">,
): LossTerm[] {
  const { tasks, batchSize } = context;
  const share = 1 / (batchSize * tasks.length);
  const total = (losses: Tensor, flags: Tensor) => mul(reduceSum(mul(losses, flags)), share);
  const known = tasks.map((task): LossTerm => {
    const { label, valid, labelled } = context.labels(task);
    const losses = task.kind.learning.loss(predictions[task.name], label, valid, task.spec);
    return {
      ...supervisedTerm(task),
      value: total(losses, labelled),
      observed: observedMean(losses, labelled),
    };
  });
  const pseudo = tasks.map((task: Task): LossTerm => {
    const { name, kind, spec } = task;
    const { label, valid } = kind.learning.pseudoLabel(taught[name], spec, confidence);
    const losses = kind.learning.loss(predictions[name], label, valid, spec);
    const unlabelled = sub(1, context.labels(task).labelled);
    const observed = observedMean(losses, unlabelled);
    return { name: `must.${name}`, value: total(losses, unlabelled), weight: pseudoWeight, observed };
  });
  return [...known, ...pseudo];
}

export const must: MethodDefinition<MustOptions> = {
  name: "must",
  learnsUnlabelled: true,
  options: z.strictObject({
    teachers: z
      .string()
      .min(1)
      .describe("run folder of a `single-task` run of the same model and tasks, relative to this file"),
    confidence: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe("least probability at which a teacher's class is a label"),
    pseudoWeight: z.number().nonnegative().default(1).describe("weight of the losses against pseudo-labels"),
  }),
  startsFrom: { [TEACHERS]: "teachers" },
  build(context, options) {
    const { predictions } = networkPass(context, networkInput(context));
    return { terms: studentTerms(context, predictions, teach(context), options) };
  },
};

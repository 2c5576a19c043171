/** @file Supervised multi-task learning from partial labels (JTR eq. 1). */
import { z } from "zod";
import { add, div, maximum, mul } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { concat, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { lastFeatures, runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import type { Task } from "../tasks/task.js";
import {
  headsOf,
  type LossTerm,
  type MethodContext,
  type MethodDefinition,
  type NetworkPass,
} from "./method.js";
import { observedMean } from "./observed.js";

export interface SupervisedOptions {
  /**
   * `released`: losses of labelled tasks are summed, as the published code does; `paper`: averaged (eq. 1).
   */
  readonly variant: "paper" | "released";
}

/**
 * The supervised terms, one a task: (1/B) Σ_b 1/|T_b| Σ_{t in T_b} L_t(b), T_b the labelled tasks of sample
 * b. Each sample's loss is the mean over its own valid pixels, so images count alike however many pixels they
 * label. A sample without labels contributes nothing. `released` leaves out 1/|T_b|.
 */
export function supervisedTerms(
  context: MethodContext,
  predictions: Readonly<Record<string, Tensor>>,
  { variant }: SupervisedOptions,
  view = 0,
): LossTerm[] {
  const labels = new Map<Task, ReturnType<MethodContext["labels"]>>();
  for (const task of context.tasks) labels.set(task, context.labels(task, view));
  const counts = [...labels.values()].map(({ labelled }) => labelled).reduce((sum, flags) => add(sum, flags));
  const share = variant === "paper" ? div(1 / context.batchSize, maximum(counts, 1)) : null;
  return context.tasks.map((task) => {
    const { label, valid, labelled } = labels.get(task)!;
    const losses = task.kind.learning.loss(predictions[task.name], label, valid, task.spec);
    const counted = mul(losses, labelled);
    const value =
      share === null ? mul(reduceSum(counted), 1 / context.batchSize) : reduceSum(mul(counted, share));
    return { ...supervisedTerm(task), value, observed: observedMean(losses, labelled) };
  });
}

/** What the terms that learn from a task's labels have in common. */
export function supervisedTerm({ name }: Pick<Task, "name">): Omit<LossTerm, "value"> {
  return { name, weight: 1, objective: name, supervised: true };
}

/**
 * What the kept network takes of a view: its image, or as many frames as it wants, from `frame` on.
 */
export function networkInput(
  { network, clip }: Pick<MethodContext, "network" | "clip">,
  view = 0,
  frame = 0,
): Tensor {
  return clip(
    Array.from({ length: network.frames ?? 1 }, (_, i) => frame + i),
    view,
  );
}

/** One pass of the kept network over images [N,3,H,W]; a second one over the same tensor is the first. */
export function networkPass(context: MethodContext, image: Tensor): NetworkPass {
  const known = context.passes.get(image);
  if (known !== undefined) return known;
  const forward = context.beside ? context.forward.with({ updatesState: false }) : context.forward;
  const layer = new Layer(context.scope, forward);
  const run = runNetwork(context.network, layer, image, headsOf(context.tasks));
  const { encoded, outputs } = run;
  const predictions = Object.fromEntries(
    context.tasks.map(({ name, kind, spec }) => [name, kind.learning.activate(outputs[name], spec)]),
  );
  const coarser = Object.fromEntries(
    context.tasks.flatMap(({ name, kind, spec }) => {
      const maps = run.coarser?.[name];
      return maps === undefined ? [] : [[name, maps.map((map) => kind.learning.activate(map, spec))]];
    }),
  );
  const pass = { predictions, coarser, bottleneck: encoded.bottleneck, features: lastFeatures(run) };
  context.passes.set(image, pass);
  return pass;
}

/** One pass of the kept network over several views as one batch: each view's part of it. */
export function networkPasses(context: MethodContext, views: readonly number[]): NetworkPass[] {
  const { batchSize: n } = context;
  if (views.length === 1) return [networkPass(context, networkInput(context, views[0]))];
  const images = concat(
    views.map((view) => networkInput(context, view)),
    0,
  );
  const { predictions, coarser, bottleneck, features } = networkPass(context, images);
  return views.map((_, i) => {
    const part = (all: Tensor) => slice(all, { starts: [i * n], ends: [(i + 1) * n] });
    return {
      predictions: Object.fromEntries(Object.entries(predictions).map(([name, map]) => [name, part(map)])),
      coarser: Object.fromEntries(Object.entries(coarser).map(([name, maps]) => [name, maps.map(part)])),
      bottleneck: part(bottleneck),
      features: part(features),
    };
  });
}

export const supervised: MethodDefinition<SupervisedOptions> = {
  name: "supervised",
  needsLabels: true,
  options: z.strictObject({
    variant: z
      .enum(["paper", "released"])
      .default("paper")
      .describe("released: sum over labelled tasks, not their mean"),
  }),
  build(context, options) {
    const { predictions } = networkPass(context, networkInput(context));
    return { terms: supervisedTerms(context, predictions, options) };
  },
};

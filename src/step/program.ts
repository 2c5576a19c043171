/** @file From a plan to graphs: the loss terms, and the training step with everything it takes and leaves. */
import { MAIN_STREAM } from "../fields/layout.js";
import { add } from "../graph/ops/arithmetic.js";
import type { Tensor } from "../graph/tensor.js";
import { enoughFrames, sampleFrames } from "../methods/compose.js";
import type { LossTerm, NetworkPass } from "../methods/method.js";
import { type StreamLeaves, streamLeaves } from "../methods/streams.js";
import { averagedModule, helperModule, KEPT, ModuleSet, type Variable } from "../nn/module.js";
import { optimizerInputs, type ParameterGroup, parameterGroups } from "../nn/parameter-groups.js";
import { Forward } from "../nn/scope.js";
import { noiseInput, type StepInput, StepInputs } from "../nn/step-input.js";
import { gradientsOf, type TrainingGraph, trainingGraph } from "../nn/training-graph.js";
import { weightingContext } from "../weighting/context.js";
import { requireWeighable } from "../weighting/require.js";
import { sum } from "../weighting/sums.js";
import type { Weighted } from "../weighting/weighting.js";
import { objectivesOf, observation } from "./objectives.js";
import type { StepPlan, TermsPlan } from "./plan.js";

/** Output name of what is minimised. */
export const TOTAL_LOSS = "total";
/** Output name of whether a term was observed in the batch. */
export const presentName = (term: string): string => `present ${term}`;

export interface TrainingProgram {
  readonly graph: TrainingGraph;
  readonly modules: ModuleSet;
  readonly groups: readonly ParameterGroup[];
  /** What is fed at every batch besides it. */
  readonly inputs: readonly StepInput[];
  /** What is fed at an update besides that. */
  readonly updateInputs: readonly StepInput[];
  /** The loss terms, in order; `optional`: a batch may say nothing of it. */
  readonly terms: readonly { readonly name: string; readonly weight: number; readonly optional: boolean }[];
}

/** A method's loss terms as tensors, over the variables and inputs they need. */
export interface MethodTerms {
  readonly terms: readonly LossTerm[];
  readonly modules: ModuleSet;
  readonly forward: Forward;
  readonly inputs: StepInputs;
  /** Passes of the kept network, by the image's tensor. */
  readonly passes: ReadonlyMap<Tensor, NetworkPass>;
}

/** Builds what a method computes from a batch. Throws GraphError where sizes do not fit the network. */
export function buildTerms({
  tasks,
  network,
  method,
  batchSize,
  size,
  samples = {},
}: TermsPlan): MethodTerms {
  const modules = new ModuleSet();
  const forward = new Forward("train");
  const inputs = new StepInputs();
  const passes = new Map<Tensor, NetworkPass>();
  const { arrays, streams } = method.method;
  const further = Object.entries(streams?.(method.options) ?? {}).map(
    ([name, request]): [string, StreamLeaves] => [
      name,
      streamLeaves(
        {
          ...request,
          ...{ batchSize: request.batchSize ?? batchSize, size: request.size?.(size) ?? size },
          ...{ frames: enoughFrames(request.frames, network), samples: samples[name] },
          pillars: network.pillars,
        },
        name,
      ),
    ],
  );
  const { terms } = method.method.build(
    {
      ...streamLeaves({
        ...{ batchSize, size: method.method.size?.(size) ?? size, samples: samples[MAIN_STREAM] },
        arrays: arrays?.(method.options, tasks),
        frames: sampleFrames(method, network),
        pillars: network.pillars,
      }),
      stream: leavesIn(new Map(further)),
      tasks,
      network,
      scope: modules.scope(KEPT),
      helper: (name) => modules.scope(helperModule(name)),
      module: (spec) => modules.scope(spec),
      forward,
      passes,
      beside: false,
      input: (wanted) => inputs.leaf(wanted),
      noise: (wanted) => inputs.leaf(noiseInput(wanted)),
    },
    method.options,
  );
  return { terms, modules, forward, inputs, passes };
}

function leavesIn(streams: ReadonlyMap<string, StreamLeaves>): (name: string) => StreamLeaves {
  return (name) => {
    const leaves = streams.get(name);
    if (leaves === undefined) throw new RangeError(`the method reads stream ${name} without asking for it`);
    return leaves;
  };
}

/**
 * Builds the training step of a plan. Throws GraphError where sizes do not fit the network, UserError where
 * the weighting has nothing to weigh.
 */
export function buildTraining(plan: StepPlan): TrainingProgram {
  const { method, weighting, network } = plan;
  const { terms, modules, forward, inputs } = buildTerms(plan);
  const { objectives, others } = objectivesOf(terms, plan.tasks, inputs);
  const { context, updates } = weightingContext({
    objectives,
    modules,
    lastShared: network.shared ?? [],
    inputs,
  });
  requireWeighable(weighting.weighting, context);
  const combined = weighting.weighting.combine(context, weighting.options);
  const loss = others.reduce((total, term) => add(total, term), combined.loss);
  const gradients = combinedGradients(loss, combined.gradients, others, modules);
  if (plan.emaDecay !== undefined) modules.mirror(averagedModule(plan.emaDecay));
  const plans = [
    ...(plan.groups ?? []),
    ...(method.method.groups?.(method.options) ?? []),
    ...[weighting.weighting.group?.(weighting.options) ?? []].flat(),
  ];
  const groups = parameterGroups(modules.trained(), plans, plan);
  const logged = terms.flatMap((term): [string, Tensor][] => {
    const { value, present } = observation(term, inputs);
    return [
      [term.name, value],
      ...(present === null ? [] : [[presentName(term.name), present] as [string, Tensor]]),
    ];
  });
  const graph = trainingGraph({
    modules,
    groups,
    gradients,
    updates: new Map([...forward.updates(), ...updates]),
    outputs: { ...Object.fromEntries(logged), [TOTAL_LOSS]: loss, ...combined.values },
    clipNorm: plan.clipNorm,
    accumulate: plan.accumulate,
  });
  return {
    graph,
    modules,
    groups,
    inputs: inputs.all(),
    updateInputs: optimizerInputs(groups),
    terms: terms.map((term) => {
      const optional = observation(term, inputs).present !== null;
      return { name: term.name, weight: term.weight, optional };
    }),
  };
}

/**
 * The gradients of the loss; where a weighting gives its own for the objectives, those and what no objective
 * counts.
 */
function combinedGradients(
  loss: Tensor,
  own: Weighted["gradients"],
  others: readonly Tensor[],
  modules: ModuleSet,
): ReadonlyMap<Variable, Tensor> {
  const plain = gradientsOf(loss, modules.trained());
  if (own === undefined) return plain;
  const beside = gradientsOf(sum(others), modules.trained());
  const replaced = [...own].map(([variable, gradient]) => {
    const rest = beside.get(variable);
    return [variable, rest === undefined ? gradient : add(gradient, rest)] as const;
  });
  return new Map([...plain, ...replaced]);
}

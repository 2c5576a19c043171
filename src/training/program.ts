/** @file From a resolved configuration to graphs: the training step, the evaluation pass and the variables behind them. */
import { add, mul } from "../graph/ops/arithmetic.js";
import { input } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";
import {
  batchLeaves,
  type GroupPlan,
  headsOf,
  type LossTerm,
  type MethodDefinition,
  type NoiseInput,
} from "../methods/method.js";
import { type Ramp, rampAt } from "../methods/ramp.js";
import type { Network } from "../models/network.js";
import { runNetwork } from "../models/network.js";
import type { Optimizer } from "../nn/optimizers/optimizer.js";
import { Forward, Scope, type Variable, VariableStore } from "../nn/scope.js";
import { type ParameterGroup, type TrainingGraph, trainingGraph } from "../nn/training-graph.js";
import type { Task } from "../tasks/task.js";

/** Helper networks' variables start with this; they are left out of evaluation and export. */
export const HELPER_PREFIX = "helper.";
/** The parameters that the run's own learning rate is for. */
export const MAIN_GROUP = "main";
/** Output names of a step: each loss term by its name, and their weighted sum. */
export const TOTAL_LOSS = "total";

export interface ProgramOptions {
  readonly tasks: readonly Task[];
  readonly network: Network;
  readonly method: MethodDefinition;
  readonly methodOptions: unknown;
  readonly optimizer: Optimizer;
  readonly batchSize: number;
  readonly size: readonly [number, number];
  readonly clipNorm?: number;
  readonly accumulate?: number;
  readonly emaDecay?: number;
}

export interface TrainingProgram {
  readonly graph: TrainingGraph;
  readonly variables: VariableStore;
  readonly groups: readonly ParameterGroup[];
  readonly noise: readonly NoiseInput[];
  /** Those that loss terms follow. */
  readonly ramps: readonly Ramp[];
  /** Names and weights of the loss terms, in order. */
  readonly terms: readonly { readonly name: string; readonly weight: number }[];
}

/** A method's loss terms as tensors, over the variables and inputs they need. */
export interface MethodTerms {
  readonly terms: readonly LossTerm[];
  readonly variables: VariableStore;
  readonly forward: Forward;
  readonly noise: readonly NoiseInput[];
}

/** Builds what a method computes from a batch. Throws GraphError where sizes do not fit the network. */
export function buildTerms(
  options: Pick<ProgramOptions, "tasks" | "network" | "method" | "methodOptions" | "batchSize" | "size">,
): MethodTerms {
  const variables = new VariableStore();
  const forward = new Forward("train");
  const noise = new Map<string, NoiseInput>();
  const { terms } = options.method.build(
    {
      ...batchLeaves(options.batchSize, options.size),
      tasks: options.tasks,
      network: options.network,
      scope: new Scope(variables),
      helper: (name) => new Scope(variables, HELPER_PREFIX + name),
      forward,
      batchSize: options.batchSize,
      size: options.size,
      passes: new Map(),
      noise: (wanted) => {
        noise.set(wanted.name, wanted);
        return input(wanted.name, wanted.shape);
      },
    },
    options.methodOptions,
  );
  return { terms, variables, forward, noise: [...noise.values()] };
}

/** Builds the training step of a method on a network. Throws GraphError where sizes do not fit the network. */
export function buildTraining(options: ProgramOptions): TrainingProgram {
  const { terms, variables, forward, noise } = buildTerms(options);
  const ramps = new Map<string, Ramp>();
  const loss = terms
    .map(({ value, weight, ramp }) => {
      const weighted = mul(value, weight);
      if (ramp === undefined || rampAt(ramp, 0) === 1) return weighted;
      ramps.set(rampName(ramp), ramp);
      return mul(weighted, input(rampName(ramp), []));
    })
    .reduce((sum, term) => add(sum, term));
  const groups = parameterGroups(
    variables.parameters(),
    options.method.groups?.(options.methodOptions) ?? [],
    options.optimizer,
  );
  const graph = trainingGraph({
    loss,
    groups,
    variables: variables.all(),
    updates: forward.updates(),
    outputs: { ...Object.fromEntries(terms.map(({ name, value }) => [name, value])), [TOTAL_LOSS]: loss },
    clipNorm: options.clipNorm,
    networkOf: helperOf,
    accumulate: options.accumulate,
    emaDecay: options.emaDecay,
  });
  return {
    graph,
    variables,
    groups,
    noise,
    ramps: [...ramps.values()],
    terms: terms.map(({ name, weight }) => ({ name, weight })),
  };
}

const rampName = ({ rampFrom, rampUp }: Ramp): string => `ramp.${rampFrom}.${rampUp}`;

/** The ramps' values at a step (from 0), to be fed along with the batch. */
export function rampFeeds(ramps: readonly Ramp[], step: number): Record<string, Float32Array> {
  return Object.fromEntries(ramps.map((ramp) => [rampName(ramp), Float32Array.of(rampAt(ramp, step))]));
}

/** Name of the helper network that a variable belongs to; "" for the kept one. */
export function helperOf(variable: string): string {
  return variable.startsWith(HELPER_PREFIX) ? variable.split(".")[1] : "";
}

function parameterGroups(
  parameters: readonly Variable[],
  plans: readonly GroupPlan[],
  optimizer: Optimizer,
): ParameterGroup[] {
  const groupOf = (name: string) => plans.find((plan) => plan.owns(name))?.name ?? MAIN_GROUP;
  return [MAIN_GROUP, ...plans.map(({ name }) => name)].map((name) => ({
    name,
    optimizer,
    parameters: parameters.filter((parameter) => groupOf(parameter.name) === name),
  }));
}

/**
 * Activated predictions of an image leaf `image` [N,3,H,W] in evaluation mode, by task name, and the variables they read.
 * A `variables` of one's own may give them other names, e.g. those of averaged weights.
 */
export function buildInference(
  tasks: readonly Task[],
  network: Network,
  batchSize: number,
  size: readonly [number, number],
  variables = new VariableStore(),
): { predictions: Record<string, Tensor>; variables: VariableStore } {
  const image = batchLeaves(batchSize, size).image();
  const { outputs } = runNetwork(network, new Scope(variables), image, new Forward("eval"), headsOf(tasks));
  const predictions = Object.fromEntries(
    tasks.map(({ name, kind, spec }) => [name, kind.learning.activate(outputs[name], spec)]),
  );
  return { predictions, variables };
}

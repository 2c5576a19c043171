/** @file Puts losses, gradients, optimizer and state updates together: the graph of one training step, as plain data. */
import { GraphError } from "../common/errors.js";
import { gradientsOrNull } from "../graph/gradients.js";
import { add, div, minimum, mul } from "../graph/ops/arithmetic.js";
import { filled, input } from "../graph/ops/leaf.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Optimizer } from "./optimizers/optimizer.js";
import type { Variable } from "./scope.js";

/** A value that lives from step to step: `leaf` is what the step reads, `next` what it leaves behind. */
export interface StateBinding {
  readonly name: string;
  readonly leaf: Tensor;
  readonly next: Tensor;
}

/** One step: named outputs computed from leaves, and the state it advances. */
export interface StepGraph {
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly state: readonly StateBinding[];
}

/** Parameters that share an optimizer (and thus a learning rate). */
export interface ParameterGroup {
  /** Prefix of its scalar inputs and slots: `<name>.rate`, ... Unique within a step. */
  readonly name: string;
  readonly optimizer: Optimizer;
  readonly parameters: readonly Variable[];
}

export interface TrainingGraphOptions {
  /** The loss to minimise, scalar. */
  readonly loss: Tensor;
  readonly groups: readonly ParameterGroup[];
  /** Further state: its variables and their new values (batch-norm statistics, queues). */
  readonly variables: readonly Variable[];
  readonly updates: ReadonlyMap<string, Tensor>;
  /** Scalars to log, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Scale the gradients of each network down to this L2 norm where they exceed it. */
  readonly clipNorm?: number;
  /** The network that a variable belongs to: what is clipped together. The kept one is named ""; all are its own if left out. */
  readonly networkOf?: (variable: string) => string;
  /** Number of batches whose gradients are averaged before an update. Default 1. */
  readonly accumulate?: number;
  /**
   * Decay of the exponential moving averages of the kept network's parameters and running statistics, state `ema.<name>`. The statistics are
   * averaged over as many steps as the parameters, for which those of the last few batches would not do.
   */
  readonly emaDecay?: number;
  /** In place of the loss's gradients: gradients combined by a weighting method, in the order of all groups' parameters. */
  readonly gradients?: readonly (Tensor | null)[];
}

export interface TrainingGraph {
  /** The step that ends with an update of the parameters. */
  readonly update: StepGraph;
  /** The step that only adds to the accumulated gradients; null where `accumulate` is 1. */
  readonly accumulateOnly: StepGraph | null;
  /** State the optimizer and averages need, beyond the variables: names and shapes; slots start at zero, averages at the parameter. */
  readonly slots: readonly {
    readonly name: string;
    readonly leaf: Tensor;
    readonly startsAs: string | null;
  }[];
}

/** Names of an optimizer's slot and of a moving average, as they stand in checkpoints. */
export const slotName = (group: string, slot: string, parameter: string): string =>
  `optimizer.${group}.${slot}.${parameter}`;
export const emaName = (parameter: string): string => `ema.${parameter}`;
const normName = (network: string): string => (network === "" ? "gradient norm" : `gradient norm ${network}`);
const sumName = (parameter: string): string => `gradient.${parameter}`;

/**
 * Builds the training step. Parameters that the loss does not reach are left alone (as PyTorch leaves parameters without a gradient).
 * @throws GraphError where the loss is no scalar or a parameter stands in two groups.
 */
export function trainingGraph(options: TrainingGraphOptions): TrainingGraph {
  const { loss, groups, clipNorm, accumulate = 1, emaDecay } = options;
  if (loss.shape.length !== 0)
    throw new GraphError(`trainingGraph: the loss must be a scalar, got [${loss.shape}]`);
  const members = groups.flatMap((group) => group.parameters.map((variable) => ({ group, variable })));
  if (new Set(members.map(({ variable }) => variable.name)).size !== members.length) {
    throw new GraphError("trainingGraph: a parameter stands in two groups");
  }
  const found =
    options.gradients ??
    gradientsOrNull(
      [{ output: loss }],
      members.map(({ variable }) => variable.tensor),
    );
  const trained = members.flatMap((member, i) => {
    const gradient = found[i];
    return gradient === null ? [] : [{ ...member, gradient }];
  });

  const slots: { name: string; leaf: Tensor; startsAs: string | null }[] = [];
  const slotLeaf = (name: string, like: Tensor, startsAs: string | null = null) => {
    const leaf = input(name, like.shape);
    slots.push({ name, leaf, startsAs });
    return leaf;
  };
  const networkOf = options.networkOf ?? (() => "");
  /** The moving average of a variable of the kept network, where there are averages. */
  const averageOf = ({ name, next }: Pick<StateBinding, "name" | "next">): StateBinding[] => {
    if (emaDecay === undefined || networkOf(name) !== "") return [];
    const leaf = slotLeaf(emaName(name), next, name);
    return [{ name: emaName(name), leaf, next: add(mul(leaf, emaDecay), mul(next, 1 - emaDecay)) }];
  };
  const stateUpdates: StateBinding[] = options.variables.flatMap((variable) => {
    const next = options.updates.get(variable.name);
    return next === undefined ? [] : [{ name: variable.name, leaf: variable.tensor, next }];
  });

  const share = 1 / accumulate;
  const sums = trained.map(({ variable, gradient }) => {
    if (accumulate === 1) return { leaf: null, total: gradient };
    const leaf = slotLeaf(sumName(variable.name), variable.tensor);
    return { leaf, total: add(leaf, mul(gradient, share)) };
  });
  const networks = trained.map(({ variable }) => networkOf(variable.name));
  const clips = new Map<string, { norm: Tensor; factor: Tensor }>();
  for (const network of clipNorm === undefined ? [] : new Set(networks)) {
    const norm = globalNorm(sums.flatMap(({ total }, i) => (networks[i] === network ? [total] : [])));
    clips.set(network, { norm, factor: minimum(filled(1), div(filled(clipNorm!), add(norm, 1e-6))) });
  }

  const scalars = new Map(groups.map((group) => [group, scalarInputs(group)]));
  const updated: StateBinding[] = trained.flatMap(({ group, variable }, i) => {
    const clip = clips.get(networks[i]);
    const gradient = clip === undefined ? sums[i].total : mul(sums[i].total, clip.factor);
    const leaves = Object.fromEntries(
      group.optimizer.slots.map((slot) => [
        slot,
        slotLeaf(slotName(group.name, slot, variable.name), variable.tensor),
      ]),
    );
    const { parameter, slots: next } = group.optimizer.update(
      variable.tensor,
      gradient,
      leaves,
      scalars.get(group)!,
    );
    const bindings: StateBinding[] = [
      { name: variable.name, leaf: variable.tensor, next: parameter },
      ...group.optimizer.slots.map((slot) => ({
        name: slotName(group.name, slot, variable.name),
        leaf: leaves[slot],
        next: next[slot],
      })),
    ];
    bindings.push(...averageOf({ name: variable.name, next: parameter }));
    const sum = sums[i].leaf;
    if (sum !== null) bindings.push({ name: sumName(variable.name), leaf: sum, next: mul(sum, 0) });
    return bindings;
  });

  const norms = [...clips].map(([network, { norm }]) => [normName(network), norm]);
  const outputs = { ...options.outputs, ...Object.fromEntries(norms) };
  return {
    update: { outputs, state: [...updated, ...stateUpdates, ...stateUpdates.flatMap(averageOf)] },
    accumulateOnly:
      accumulate === 1
        ? null
        : {
            outputs: options.outputs,
            state: [
              ...trained.map(({ variable }, i) => ({
                name: sumName(variable.name),
                leaf: sums[i].leaf!,
                next: sums[i].total,
              })),
              ...stateUpdates,
            ],
          },
    slots,
  };
}

function globalNorm(tensors: readonly Tensor[]): Tensor {
  return sqrt(
    tensors.map((tensor) => reduceSum(mul(tensor, tensor))).reduce((sum, value) => add(sum, value)),
  );
}

function scalarInputs(group: ParameterGroup): Record<string, Tensor> {
  const names = Object.keys(group.optimizer.scalars(1, 0));
  return Object.fromEntries(names.map((name) => [name, input(`optimizer.${group.name}.${name}`, [])]));
}

/** Values of a step's optimizer scalars, to be fed along with the batch. */
export function optimizerFeeds(
  groups: readonly ParameterGroup[],
  learningRate: (group: string) => number,
  updatesDone: number,
): Record<string, Float32Array> {
  const feeds: Record<string, Float32Array> = {};
  for (const group of groups) {
    for (const [name, value] of Object.entries(
      group.optimizer.scalars(learningRate(group.name), updatesDone),
    )) {
      feeds[`optimizer.${group.name}.${name}`] = Float32Array.of(value);
    }
  }
  return feeds;
}

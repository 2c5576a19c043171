/**
 * @file Puts gradients, optimizers and state updates together: the graph of one training step, as plain data.
 */
import { gradientsOrNull } from "../graph/gradients.js";
import { add, div, minimum, mul } from "../graph/ops/arithmetic.js";
import { filled, input } from "../graph/ops/leaf.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { sqrt } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { followedNext } from "./following.js";
import type { ModuleSet, ModuleSpec, Variable } from "./module.js";
import type { ParameterGroup } from "./parameter-groups.js";

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

export interface TrainingGraphOptions {
  readonly modules: ModuleSet;
  readonly groups: readonly ParameterGroup[];
  /** What each parameter goes down by; one that is not there stays as it is. */
  readonly gradients: ReadonlyMap<Variable, Tensor>;
  /** New values of state (batch-norm statistics, queues), by the variable's name. */
  readonly updates: ReadonlyMap<string, Tensor>;
  /** Scalars to log, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Scale the gradients of each module down to this L2 norm where they exceed it. */
  readonly clipNorm?: number;
  /** Number of batches whose gradients are averaged before an update. Default 1. */
  readonly accumulate?: number;
}

export interface TrainingGraph {
  /** The step that ends with an update of the parameters. */
  readonly update: StepGraph;
  /** The step that only adds to the accumulated gradients; null where `accumulate` is 1. */
  readonly accumulateOnly: StepGraph | null;
  /** State that optimizers need beyond the variables; it starts at zero. */
  readonly slots: readonly { readonly name: string; readonly leaf: Tensor }[];
}

/** Name of an optimizer's slot, as it stands in checkpoints. */
export const slotName = (group: string, slot: string, parameter: string): string =>
  `optimizer.${group}.${slot}.${parameter}`;
const normName = ({ name, title = name }: ModuleSpec): string =>
  title === "" ? "gradient norm" : `gradient norm ${title}`;
const sumName = (parameter: string): string => `gradient.${parameter}`;

/** Gradients of a scalar with respect to parameters; those it does not depend on are left out. */
export function gradientsOf(loss: Tensor, parameters: readonly Variable[]): Map<Variable, Tensor> {
  const found = gradientsOrNull(
    [{ output: loss }],
    parameters.map(({ tensor }) => tensor),
  );
  return new Map(
    parameters.flatMap((variable, i) => (found[i] === null ? [] : [[variable, found[i]] as const])),
  );
}

interface Trained {
  readonly group: ParameterGroup;
  readonly variable: Variable;
  /** Where gradients are accumulated; null where they are not. */
  readonly sum: Tensor | null;
  /** The gradient of the update, not yet clipped. */
  readonly total: Tensor;
}

/** Builds the step's graphs: new parameters, optimizer slots and state from old ones. */
export function trainingGraph(options: TrainingGraphOptions): TrainingGraph {
  const { modules, groups, gradients, updates, clipNorm, accumulate = 1 } = options;
  const slots: { name: string; leaf: Tensor }[] = [];
  const slotLeaf = (name: string, like: Tensor) => {
    const leaf = input(name, like.shape);
    slots.push({ name, leaf });
    return leaf;
  };
  const trained: Trained[] = groups.flatMap((group) =>
    group.parameters.flatMap((variable): Trained[] => {
      const gradient = gradients.get(variable);
      if (gradient === undefined) return [];
      if (accumulate === 1) return [{ group, variable, sum: null, total: gradient }];
      const sum = slotLeaf(sumName(variable.name), variable.tensor);
      return [{ group, variable, sum, total: add(sum, mul(gradient, 1 / accumulate)) }];
    }),
  );
  const clips = clipNorm === undefined ? [] : clipsOf(trained, clipNorm);
  const scalars = new Map(groups.map((group) => [group, scalarLeaves(group)]));
  const updated = trained.flatMap(({ group, variable, sum, total }): StateBinding[] => {
    const clip = clips.find(({ module }) => module === variable.module.name);
    const leaves = Object.fromEntries(
      group.optimizer.slots.map((slot) => [
        slot,
        slotLeaf(slotName(group.name, slot, variable.name), variable.tensor),
      ]),
    );
    const { parameter, slots: next } = group.optimizer.update(
      variable.tensor,
      clip === undefined ? total : mul(total, clip.factor),
      leaves,
      scalars.get(group)!,
    );
    return [
      { name: variable.name, leaf: variable.tensor, next: parameter },
      ...group.optimizer.slots.map((slot) => ({
        name: slotName(group.name, slot, variable.name),
        leaf: leaves[slot],
        next: next[slot],
      })),
      ...(sum === null ? [] : [{ name: sumName(variable.name), leaf: sum, next: mul(sum, 0) }]),
    ];
  });
  const state = modules.all().flatMap(({ name, tensor }): StateBinding[] => {
    const next = updates.get(name);
    return next === undefined ? [] : [{ name, leaf: tensor, next }];
  });
  const norms = Object.fromEntries(clips.map(({ output, norm }) => [output, norm]));
  return {
    update: {
      outputs: { ...options.outputs, ...norms },
      state: [...updated, ...state, ...followedNext(modules, [...updated, ...state])],
    },
    accumulateOnly:
      accumulate === 1
        ? null
        : {
            outputs: options.outputs,
            state: [
              ...trained.map(({ variable, sum, total }) => ({
                name: sumName(variable.name),
                leaf: sum!,
                next: total,
              })),
              ...state,
            ],
          },
    slots,
  };
}

interface Clip {
  readonly module: string;
  /** Name of the norm among the step's outputs. */
  readonly output: string;
  readonly norm: Tensor;
  readonly factor: Tensor;
}

/** The norm of each module's gradients, and what they are multiplied by. */
function clipsOf(trained: readonly Trained[], clipNorm: number): Clip[] {
  const modules = new Map(trained.map(({ variable }) => [variable.module.name, variable.module]));
  return [...modules.values()].map((module) => {
    const own = trained.filter(({ variable }) => variable.module.name === module.name);
    const norm = globalNorm(own.map(({ total }) => total));
    const factor = minimum(filled(1), div(filled(clipNorm), add(norm, 1e-6)));
    return { module: module.name, output: normName(module), norm, factor };
  });
}

function globalNorm(tensors: readonly Tensor[]): Tensor {
  return sqrt(
    tensors.map((tensor) => reduceSum(mul(tensor, tensor))).reduce((sum, value) => add(sum, value)),
  );
}

function scalarLeaves(group: ParameterGroup): Record<string, Tensor> {
  const names = Object.keys(group.optimizer.scalars(1, 0));
  return Object.fromEntries(names.map((name) => [name, input(scalarName(group, name), [])]));
}

/** Name of the leaf of one of a group's optimizer scalars. */
export const scalarName = ({ name }: Pick<ParameterGroup, "name">, scalar: string): string =>
  `optimizer.${name}.${scalar}`;

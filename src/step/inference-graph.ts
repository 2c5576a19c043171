/** @file The evaluation pass of the network that is kept. */
import { pillarShape } from "../fields/sweep.js";
import { input } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";
import { headsOf } from "../methods/method.js";
import type { Network } from "../models/network.js";
import { runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import { KEPT, ModuleSet, type ModuleSpec } from "../nn/module.js";
import { Forward } from "../nn/scope.js";
import type { Task } from "../tasks/task.js";

/** What an evaluation pass is of. */
export interface InferencePlan {
  readonly tasks: readonly Task[];
  readonly network: Network;
  /** Images of a batch. */
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
}

/** What a network takes of a sample. */
export interface NetworkInput {
  /** `image`, or `pillars` of its sweep. */
  readonly name: "image" | "pillars";
  /** Shape for one sample: [3·frames,H,W] of images, three channels of each frame. */
  readonly shape: readonly number[];
}

/** What a network takes of samples of that size, [height, width]. */
export function networkInputOf(
  { frames = 1, pillars }: Pick<Network, "frames" | "pillars">,
  size: readonly [number, number],
): NetworkInput {
  if (pillars === undefined) return { name: "image", shape: [3 * frames, ...size] };
  return { name: "pillars", shape: pillarShape(1, pillars).slice(1) };
}

/**
 * Activated predictions of a leaf (see `networkInputOf`) in evaluation mode, by task name, and the variables
 * they read: those of `module`, the kept network or one that follows it.
 */
export function buildInference(
  { tasks, network, batchSize, size }: InferencePlan,
  module: ModuleSpec = KEPT,
): {
  readonly predictions: Record<string, Tensor>;
  readonly modules: ModuleSet;
  /** As `buildFeatures` gives them. */
  readonly features: Tensor;
} {
  const { modules, outputs, trunk, encoded } = evaluationPass({ tasks, network, batchSize, size }, module);
  const predictions = Object.fromEntries(
    tasks.map(({ name, kind, spec }) => [name, kind.learning.activate(outputs[name], spec)]),
  );
  return { predictions, modules, features: trunk ?? encoded.bottleneck };
}

/**
 * Local features of an image leaf `image` [N,3,H,W] in evaluation mode, [N,C,H',W']: the last map that all
 * heads read, or the deepest one where they share no other.
 */
export function buildFeatures(plan: InferencePlan): Tensor {
  const { trunk, encoded } = evaluationPass(plan, KEPT);
  return trunk ?? encoded.bottleneck;
}

function evaluationPass({ tasks, network, batchSize, size }: InferencePlan, module: ModuleSpec) {
  const modules = new ModuleSet();
  const { name, shape } = networkInputOf(network, size);
  const taken = input(name, [batchSize, ...shape]);
  const layer = new Layer(modules.scope(module), new Forward("eval"));
  return { modules, ...runNetwork(network, layer, taken, headsOf(tasks)) };
}

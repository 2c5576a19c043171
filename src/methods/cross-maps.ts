/**
 * @file Mapping networks from one task's space into another's, one an ordered pair of tasks: what
 * `direct-map` and `perceptual-map` share. JTR (sec. 4.1) says of these baselines that the networks are
 * SegNets and refers to Zamir et al. 2020 and Li et al. 2022 for the rest. Zamir et al. train mappings
 * beforehand on pairs of labels, which few partly labelled images have (none with one label an image); here,
 * as Li et al. train theirs, they learn along with the network.
 */
import { z } from "zod";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { stack } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { type Network, runNetwork } from "../models/network.js";
import { Layer } from "../nn/layer.js";
import type { Task } from "../tasks/task.js";
import { jointEncoding } from "./jtr/joint-encoding.js";
import type { LossTerm, MethodContext, NetworkPass } from "./method.js";
import { observedMean } from "./observed.js";
import { labelledFlags, learningSource, orderedPairs, requirePairs } from "./pairs.js";
import { type Ramp, rampOptions } from "./ramp.js";
import type { TaskLabels } from "./streams.js";

export interface CrossMapOptions extends Ramp {
  readonly weight: number;
  readonly fitWeight: number;
  /** Width of the mapping networks. */
  readonly width: number;
}

/**
 * The options of a method made of mapping networks; `weight` is that of its consistency term, and waits for
 * mappings to learn by its ramp.
 */
export function crossMapOptions(weight: z.ZodType<number>): z.ZodType<CrossMapOptions> {
  return z.strictObject({
    weight,
    fitWeight: z
      .number()
      .nonnegative()
      .default(1)
      .describe("of the mapping networks' losses on pairs of labels"),
    ...rampOptions("`weight`"),
    width: z.int().min(1).default(64).describe("width of the mapping networks, one SegNet an ordered pair"),
  });
}

/** A task of a batch, ready to be mapped from and to. */
interface Side {
  readonly task: Task;
  readonly labels: TaskLabels;
  /** [B] */
  readonly unlabelled: Tensor;
  /** What its mapping networks read, [B,O,H,W]. */
  readonly input: Tensor;
}

/** One ordered pair: the source task's map carried into the target's space. */
export interface CrossMap {
  readonly source: Side;
  readonly target: Side;
  /** Where m_{t→s} stands. */
  readonly back: Layer;
  /** m_{s→t} of the source, activated as a prediction of the target: [B,O_t,H,W]. */
  readonly mapped: Tensor;
}

/**
 * What mapping networks read of a task: the prediction, encoded as in JTR's eq. 4, for samples without a
 * label; for labelled ones the label, with the prediction where it does not hold. So one evaluation of a
 * mapping serves both, and gradients reach predictions exactly where the task is unlabelled and another one
 * labelled.
 */
function sideOf(context: MethodContext, index: number, predictions: NetworkPass["predictions"]): Side {
  const task = context.tasks[index];
  const encoding = jointEncoding(task);
  const labels = context.labels(task);
  const encoded = encoding.encodePrediction(predictions[task.name]);
  const prediction = learningSource(encoded, index, labelledFlags(context), "unlabelled");
  const known = mul(encoding.encodeLabel(labels.label, labels.valid), labels.valid);
  const input = add(known, mul(prediction, sub(1, labels.valid)));
  return { task, labels, unlabelled: sub(1, labels.labelled), input };
}

/** Every ordered pair with its mapping. Throws UserError where there are fewer than two tasks. */
export function crossMaps(
  method: string,
  context: MethodContext,
  predictions: NetworkPass["predictions"],
  network: Network,
): CrossMap[] {
  requirePairs(method, context);
  const sides = context.tasks.map((_, task) => sideOf(context, task, predictions));
  return orderedPairs(sides.length).map((pair) => {
    const [source, target] = [sides[pair.source], sides[pair.target]];
    const mapping = (from: Side, to: Side) =>
      new Layer(context.helper(method).child(from.task.name).child(to.task.name), context.forward);
    const { kind, spec, name } = target.task;
    const heads = [{ name, channels: kind.learning.channels(spec) }];
    const { outputs } = runNetwork(network, mapping(source, target), source.input, heads);
    return {
      source,
      target,
      back: mapping(target, source),
      mapped: kind.learning.activate(outputs[name], spec),
    };
  });
}

/** The target task's loss of a mapped source, for every sample: [B]. */
export function mappedLoss({ mapped, target: { task, labels } }: CrossMap): Tensor {
  return task.kind.learning.loss(mapped, labels.label, labels.valid, task.spec);
}

type MeanOverPairs = Pick<LossTerm, "value" | "observed">;

/** (1/B) Σ_b 1/|U_b| Σ_{s in U_b, t in T_b} of the maps' losses, each [B]. */
export function overUnlabelled(maps: readonly CrossMap[], losses: readonly Tensor[]): MeanOverPairs {
  return overSources(maps, losses, ({ unlabelled }) => unlabelled);
}

/**
 * (1/B) Σ_b 1/|T_b| Σ_{s, t in T_b} of the maps' losses, each [B]: both labelled, so that only mapping
 * networks learn from it.
 */
export function overLabelled(maps: readonly CrossMap[], losses: readonly Tensor[]): MeanOverPairs {
  return overSources(maps, losses, ({ labels }) => labels.labelled);
}

function overSources(
  maps: readonly CrossMap[],
  losses: readonly Tensor[],
  flagOf: (side: Side) => Tensor,
): MeanOverPairs {
  const sum = (terms: readonly Tensor[]) => terms.reduce((total, term) => add(total, term));
  const sources = [...new Set(maps.map(({ source }) => source))];
  const count = sum(sources.map(flagOf));
  const flags = maps.map(({ source, target }) => mul(flagOf(source), target.labels.labelled));
  const counted = losses.map((loss, i) => mul(loss, flags[i]));
  return {
    value: div(reduceSum(div(sum(counted), maximum(count, 1))), count.shape[0]),
    observed: observedMean(stack(losses), stack(flags)),
  };
}

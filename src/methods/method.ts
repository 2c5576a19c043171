/** @file What a training method is: from a network and a batch to weighted loss terms, all as tensors. */
import type { z } from "zod";
import type { ExtraArray, FramesPlan } from "../fields/layout.js";
import type { Tensor } from "../graph/tensor.js";
import type { Coarser, Head, Network } from "../models/network.js";
import type { ModuleSpec } from "../nn/module.js";
import type { GroupPlan } from "../nn/parameter-groups.js";
import type { Forward, Scope } from "../nn/scope.js";
import type { NoiseInput, StepInput } from "../nn/step-input.js";
import type { Task } from "../tasks/task.js";
import type { Ramp } from "./ramp.js";
import type { ImageSize, StreamLeaves, StreamRequests, ViewPlan } from "./streams.js";

/** One term of the training loss. The total is the sum of weight times value. */
export interface LossTerm {
  readonly name: string;
  /** Scalar, before its weight. */
  readonly value: Tensor;
  readonly weight: number;
  /** How the weight comes to its value; at once if left out. */
  readonly ramp?: Ramp;
  /** A scalar that is 0 in steps that skip the term, else 1. */
  readonly gate?: StepInput;
  /** The objective under which weightings count it, e.g. its task; one without is added as it is. */
  readonly objective?: string;
  /** Whether it learns from labels: such terms are the first method's alone where methods are composed. */
  readonly supervised?: boolean;
  /**
   * What is logged in place of `value`, and whether the batch says anything of it; `value` at every step if
   * left out.
   */
  readonly observed?: Observed;
}

/** A term as people read it: the mean over the samples it concerns. */
export interface Observed {
  /** Scalar. */
  readonly value: Tensor;
  /** Scalar, 1 where the batch has such samples, else 0: then the term is logged as absent. */
  readonly present: Tensor;
}

/** What a method builds its losses from. The leaves are those of the stream `main`. */
export interface MethodContext extends StreamLeaves {
  readonly tasks: readonly Task[];
  readonly network: Network;
  /** Scope of the network that is kept: its parameters bear no prefix. */
  readonly scope: Scope;
  /** Scope of a helper network, dropped at export. */
  helper(name: string): Scope;
  /** Scope of any other module, e.g. one that follows the kept network. */
  module(spec: ModuleSpec): Scope;
  readonly forward: Forward;
  /** The leaves of a stream that the method asked for. */
  stream(name: string): StreamLeaves;
  noise(input: NoiseInput): Tensor;
  /** The leaf of an array that the host feeds at each step. */
  input(wanted: StepInput): Tensor;
  /**
   * Passes of the kept network over images, by the image's tensor: composed methods share those over the same
   * view.
   */
  readonly passes: Map<Tensor, NetworkPass>;
  /**
   * Whether it reads a stream of its own beside a method whose images the network is evaluated on: running
   * statistics are then left to that one.
   */
  readonly beside: boolean;
}

/** One pass of the kept network. */
export interface NetworkPass {
  /** Activated predictions by task name. */
  readonly predictions: Readonly<Record<string, Tensor>>;
  /** Activated predictions from smaller maps, by task name; of tasks that have any. */
  readonly coarser: Coarser;
  readonly bottleneck: Tensor;
  /** The last feature map before the heads, [N,C,H',W']; those of all heads along C where they share none. */
  readonly features: Tensor;
}

/** What is needed to transfer predictions, once or after training. */
export type TransferContext = Pick<MethodContext, "tasks" | "helper" | "forward">;

export interface MethodResult {
  readonly terms: readonly LossTerm[];
}

/**
 * What a method recommends in place of what a configuration leaves out. Whatever the configuration says,
 * also null, stands.
 */
export interface Recommendation<O = unknown> {
  /** Options of its own. */
  readonly options?: Partial<O>;
  /** Keys of the run, e.g. `clipNorm`. */
  readonly run?: Readonly<Record<string, unknown>>;
}

/** What is known of the samples of the stream that a method reads, before anything is trained. */
export interface StreamFacts {
  /** How many it draws from. */
  readonly samples: number;
  readonly batchSize: number;
}

/**
 * A method of the registry. `options` validates what stands under `method:` in a configuration, besides the
 * name.
 */
export interface MethodDefinition<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  /**
   * What it works best with, alone or `beside` another method; written into the run's `config.resolved.yaml`
   * with all else.
   */
  recommended?(options: O, beside: boolean): Recommendation<O>;
  /** Views the method wants of each sample; one if left out. */
  views?(options: O): readonly ViewPlan[];
  /**
   * Frames of a sequence that it wants in place of single images; `context.image(view, frame)` is one of
   * them.
   */
  frames?(options: O): FramesPlan | undefined;
  /** Size of those images, from that of the run's; the same if left out. */
  size?(size: ImageSize): ImageSize;
  /** Arrays of those samples that it reads beside images and labels, to train these tasks. */
  arrays?(options: O, tasks: readonly Task[]): readonly ExtraArray[];
  /** Further streams that it reads, each with samples and a pace of its own. */
  streams?(options: O): StreamRequests;
  /** What is trained, evaluated and exported in place of the configured network, e.g. one copy a task. */
  network?(network: Network, options: O): Network;
  /** Whether something besides labels teaches it every task, so that one may go without any. */
  readonly learnsUnlabelled?: boolean;
  /** Whether images without any label teach it nothing. */
  readonly needsLabels?: boolean;
  /**
   * Whether it learns from images alone, changed in its own way: alone it reads them without labels; beside
   * another method, views, size and arrays are those of a stream of its own.
   */
  readonly selfSupervised?: boolean;
  /** What people should know of its options and the data. UserError where they do not fit. */
  warnings?(options: O, facts: StreamFacts): string[];
  /** Groups of parameters, which it declares by `Scope.inGroup`, with optimizers or rates of their own. */
  groups?(options: O): readonly GroupPlan[];
  /**
   * Helper networks that start from the weights that another run keeps: the name of the option that holds the
   * run's folder, by the helper's name. A run that is resumed takes them from its own checkpoint, as all
   * else.
   */
  readonly startsFrom?: Readonly<Record<string, string>>;
  /**
   * What its helper networks make of tasks' activated predictions: by task, predictions [N,C,H,W] of it that
   * come from the other tasks' alone. Where they disagree with its own, one of the tasks is wrong.
   */
  transferred?(
    context: TransferContext,
    predictions: NetworkPass["predictions"],
    options: O,
  ): Readonly<Record<string, readonly Tensor[]>>;
  build(context: MethodContext, options: O): MethodResult;
}

/** Heads of a network for these tasks. */
export function headsOf(tasks: readonly Task[]): Head[] {
  return tasks.map(({ name, kind: { learning }, spec }) => {
    const parts = learning.parts?.(spec);
    return { name, channels: learning.channels(spec), ...(parts && { parts }) };
  });
}

/**
 * @file Everything that decides what a module's training step is and when its values change, resolved:
 * nothing below sees a configuration.
 */
import type { ConfiguredMethod } from "../methods/compose.js";
import type { Network } from "../models/network.js";
import type { GroupDefaults, GroupPlan } from "../nn/parameter-groups.js";
import type { Task } from "../tasks/task.js";
import type { ConfiguredWeighting } from "../weighting/weighting.js";

/** What is computed from one batch. */
export interface TermsPlan {
  readonly tasks: readonly Task[];
  /** The network that is trained and kept. */
  readonly network: Network;
  readonly method: ConfiguredMethod;
  /** Images of a batch, appended ones included. */
  readonly batchSize: number;
  /** [height, width] */
  readonly size: readonly [number, number];
  /** How many samples each stream draws from, where the data is known. */
  readonly samples?: Readonly<Record<string, number>>;
}

/** The step of one module, and the run it is a step of. */
export interface StepPlan extends TermsPlan, GroupDefaults {
  readonly weighting: ConfiguredWeighting;
  /** Groups of the kept network's parameters with rates of their own, as the run asks for them. */
  readonly groups?: readonly GroupPlan[];
  /** The gradients of each network (the kept one, every helper) are scaled down to this L2 norm. */
  readonly clipNorm?: number;
  /** Batches whose gradients are averaged before an update. Default 1. */
  readonly accumulate?: number;
  /** Decay of averaged weights and running statistics, which are then evaluated. */
  readonly emaDecay?: number;
  readonly seed: number;
}

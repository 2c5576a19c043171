/** @file What JTR's paper and released variants share: options, the auto-encoder, and taking stacks apart. */
import { slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Encoded, Head, Network } from "../../models/network.js";
import { Layer } from "../../nn/layer.js";
import type { Forward } from "../../nn/scope.js";
import type { DistanceName } from "../distance.js";
import type { MethodContext } from "../method.js";
import type { Ramp } from "../ramp.js";

/** The ramp is that of the distance's weight. */
export interface JtrOptions extends Ramp {
  readonly distanceWeight: number;
  readonly reconstructionWeight: number;
  readonly distance: DistanceName;
  /** Whether unbounded values (depth) enter the stacks through a distribution function. */
  readonly bounded: boolean;
  /** Width of the auto-encoder (a SegNet); that of the paper's is 64. */
  readonly width: number;
  /** Channels of the joint-task latent; 8 times the width if left out. */
  readonly bottleneck?: number;
  readonly variant: "paper" | "released";
  /**
   * Distance of samples without any label: none (their two stacks are one), or between two augmentations
   * (section 4.4).
   */
  readonly unlabelled: "none" | "consistency";
}

/** The auto-encoder g = g2 ∘ g1 over stacks of all tasks. */
export interface JointAutoEncoder {
  encode(stack: Tensor): Encoded;
  decode(encoded: Encoded): Tensor;
  /** The same, but gradients pass through without reaching its parameters. */
  readonly frozen: Pick<JointAutoEncoder, "encode">;
}

/**
 * The auto-encoder as a helper network: a SegNet from and to the ΣO_t channels of the stack, in the pass
 * `forward`.
 */
export function jointAutoEncoder(
  context: MethodContext,
  network: Network,
  forward: Forward,
): JointAutoEncoder {
  const layer = new Layer(context.helper("joint"), forward);
  const channels = context.tasks.reduce((sum, { kind, spec }) => sum + kind.learning.channels(spec), 0);
  const heads: Head[] = [{ name: "stack", channels }];
  return {
    encode: (stack) => network.encode(layer, stack),
    frozen: { encode: (stack) => network.encode(layer.frozen(), stack) },
    decode: (encoded) => network.decode(layer, encoded, heads).outputs.stack,
  };
}

/** The parts of a stacked map that belong to the tasks, in their order. */
export function splitStack(context: MethodContext, stack: Tensor): Tensor[] {
  let start = 0;
  return context.tasks.map(({ kind, spec }) => {
    const from = start;
    start += kind.learning.channels(spec);
    return slice(stack, { axes: [1], starts: [from], ends: [start] });
  });
}

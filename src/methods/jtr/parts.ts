/** @file What JTR's variants share: options, the auto-encoder, and taking stacks apart. */
import { slice } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Encoded, Head, Network } from "../../models/network.js";
import { Layer } from "../../nn/layer.js";
import type { Forward } from "../../nn/scope.js";
import type { DistanceName } from "../distance.js";
import type { MethodContext, Recommendation } from "../method.js";
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
  /**
   * `recommended`: the paper's equations, with what keeps them steady in short trainings; `paper`: they
   * alone; `released`: what the published code computes.
   */
  readonly variant: "recommended" | "paper" | "released";
  /**
   * Distance of samples without any label: none (their two stacks are one), or between two augmentations
   * (section 4.4).
   */
  readonly unlabelled: "none" | "consistency";
}

/** Options whose defaults are the variant's. */
type OfVariant = "bounded" | "rampUp";

/** JTR's options as a configuration gives them: what the variant decides may be left out. */
export type GivenJtrOptions = Omit<JtrOptions, OfVariant> & Partial<Pick<JtrOptions, OfVariant>>;

interface VariantDefaults extends Recommendation<GivenJtrOptions> {
  readonly options: Pick<JtrOptions, OfVariant>;
}

const AS_PUBLISHED: VariantDefaults = { options: { bounded: false, rampUp: 0 } };
const VARIANTS: Readonly<Record<JtrOptions["variant"], VariantDefaults>> = {
  // Those of the longer tables in benchmarks/results; docs/methods.md says why.
  recommended: { options: { bounded: true, rampUp: 300 }, run: { clipNorm: 5 } },
  paper: AS_PUBLISHED,
  released: AS_PUBLISHED,
};

/** What a variant wants where nothing else is said. */
export function recommendedJtr({ variant }: Pick<JtrOptions, "variant">): Recommendation<GivenJtrOptions> {
  return VARIANTS[variant];
}

/** The options with those of the variant filled in. */
export function jtrOptions(given: GivenJtrOptions): JtrOptions {
  return { ...VARIANTS[given.variant].options, ...given };
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

/** @file What MoCo v2 and DenseCL have in common: options, key encoders, projections. */
import { z } from "zod";
import { globalAveragePool2d } from "../../graph/ops/average-pool.js";
import { l2Normalise } from "../../graph/ops/norm.js";
import { reshape } from "../../graph/ops/shape.js";
import { detach, relu } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { lastFeatures, runNetwork } from "../../models/network.js";
import { Layer } from "../../nn/layer.js";
import { linearLayer } from "../../nn/layers.js";
import { headsOf, type MethodContext, type StreamFacts } from "../method.js";
import { networkPass } from "../supervised.js";
import { LEAST_TEMPERATURE } from "./info-nce.js";
import { type FreshKeys, type Memory, type MemoryKind, memory } from "./memory.js";
import { type CropOptions, cropOptions } from "./views.js";

/** What is left out is the variant's (`settled`). */
export interface ContrastOptions extends CropOptions {
  readonly weight?: number;
  readonly temperature?: number;
  readonly memory?: MemoryKind;
  /** Keys in memory; as many as there are images if left out. */
  readonly queueSize?: number;
  /** Decay of the key encoder. */
  readonly momentum: number;
  readonly dimension: number;
  readonly variant: "paper" | "released";
}

export const contrastOptions = {
  weight: z
    .number()
    .nonnegative()
    .optional()
    .describe("of the whole; 0.2 beside another method (released: 1), 1 alone"),
  temperature: z
    .number()
    .min(LEAST_TEMPERATURE)
    .optional()
    .describe("of the softmax; 0.2, MoCo v2's (released: 0.4)"),
  memory: z
    .enum(["queue", "images"])
    .optional()
    .describe(
      "negatives: the last keys, first in first out (queue), or each image's last one (images); queue (released: images)",
    ),
  queueSize: z
    .int()
    .min(1)
    .optional()
    .describe("keys in the queue; as many as there are images if left out, so that each is there once"),
  momentum: z.number().min(0).lt(1).default(0.999).describe("share of the old key encoder in the new one"),
  dimension: z.int().min(1).default(128).describe("length of the embeddings"),
  ...cropOptions,
  variant: z
    .enum(["paper", "released"])
    .default("paper")
    .describe("released: the published code's temperature, memory and weight"),
} as const;

/** Options with those of the variant filled in. */
export function settled<O extends ContrastOptions>(
  options: O,
  beside: boolean,
): O & Required<Pick<ContrastOptions, "weight" | "temperature" | "memory">> {
  const { variant } = options;
  const defaults =
    variant === "released"
      ? { weight: 1, temperature: 0.4, memory: "images" as const }
      : { weight: beside ? 0.2 : 1, temperature: 0.2, memory: "queue" as const };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...defaults, ...given } as ReturnType<typeof settled<O>>;
}

/** What to say of a queue that is not used, or cannot hold each image once. */
export function queueWarnings(options: ContrastOptions, { samples }: StreamFacts): string[] {
  const { queueSize } = options;
  if (queueSize === undefined) return [];
  if (settled(options, true).memory === "images") {
    return [
      `\`queueSize: ${queueSize}\` is not used: \`memory: images\` has a key for each of ${samples} images.`,
    ];
  }
  if (queueSize <= samples) return [];
  return [
    `a queue of ${queueSize} keys is larger than the data, ${samples} images: it holds several keys of each image. ` +
      "Those of an image itself are never its negatives; leave out `queueSize` for one key an image.",
  ];
}

/** Features and projections, of the network that learns (queries) and of its follower (keys). */
export interface Encoder {
  /** The last feature map [N,C,H,W] of an image. */
  features(image: Tensor): Tensor;
  /** Where the projection `name` stands. */
  head(name: string): Layer;
}

/**
 * The network and the method's projections, and the momentum encoder of both (MoCo, He et al. 2020): every
 * value of it is, when a step begins, momentum · its old one + (1 - momentum) · what it follows.
 */
export function encoders(
  context: MethodContext,
  method: string,
  { momentum }: Pick<ContrastOptions, "momentum">,
): { readonly query: Encoder; readonly key: Encoder } {
  const still = context.forward.with({ updatesState: false });
  const heads = context.helper(method);
  const follower = (title: string, module: string) =>
    context.module({
      name: `helper.${method}.${title}`,
      title: `${method} ${title}`,
      kept: false,
      follows: { module, decay: momentum },
    });
  const keyNetwork = new Layer(follower("keys", context.scope.module.name), still);
  const keyHeads = follower("key-heads", heads.module.name);
  return {
    query: {
      features: (image) => networkPass(context, image).features,
      head: (name) => new Layer(heads.child(name), context.forward),
    },
    key: {
      features: (image) =>
        detach(lastFeatures(runNetwork(context.network, keyNetwork, image, headsOf(context.tasks)))),
      head: (name) => new Layer(keyHeads.child(name), still),
    },
  };
}

/** Mean over the image, Linear, ReLU, Linear: [N,C,H,W] to unit vectors [N,dimension]. */
export function globalEmbedding(layer: Layer, features: Tensor, dimension: number): Tensor {
  const [n, channels] = features.shape;
  const pooled = reshape(globalAveragePool2d(features), [n, channels]);
  const hidden = relu(linearLayer(layer.child(0), pooled, channels));
  return l2Normalise(linearLayer(layer.child(2), hidden, dimension), 1);
}

/** The memory `name` of a method, in a module of its own, with as many keys as there are images. */
export function keysInMemory(
  context: MethodContext,
  method: string,
  name: string,
  options: Pick<ContrastOptions, "queueSize"> & { readonly memory: MemoryKind },
  keys: FreshKeys["keys"],
): Memory {
  const { memory: kind, queueSize } = options;
  const size = kind === "images" ? context.samples() : (queueSize ?? context.samples());
  const scope = context.helper(`${method}.memory`);
  return memory({ scope, forward: context.forward }, name, { kind, size }, { keys, owners: context.index() });
}

/** @file What a network is to methods: an encoder, a decoder with one head per task, and nothing else. */
import { z } from "zod";
import type { PillarPlan } from "../fields/sweep.js";
import { concat } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import type { Layer } from "../nn/layer.js";
import { NORMS, type NormName } from "../nn/norms.js";
import type { HeadPart, Task } from "../tasks/task.js";

/** One output of a network. */
export interface Head {
  readonly name: string;
  readonly channels: number;
  /** What its channels are made of, in their order, where a network may give each a layer of its own. */
  readonly parts?: readonly HeadPart[];
}

/** What the encoder hands to the decoder. */
export interface Encoded {
  /** The deepest feature map [N,C,H',W']: the joint-task latent of an auto-encoder, MTPSL's feature. */
  readonly bottleneck: Tensor;
  /** Feature maps and pooling indices on the way, finest first; their meaning is the network's own. */
  readonly skips: readonly Tensor[];
}

/** Predictions made from smaller maps, by name. */
export type Coarser = Readonly<Record<string, readonly Tensor[]>>;

/** What the decoder makes of it. */
export interface Decoded {
  /** One map [N,head.channels,H,W] per head, by head name, without output activation. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  /**
   * What heads predict from smaller maps, by head name: maps brought to the image's size, those of the larger
   * ones first. Left out where none does.
   */
  readonly coarser?: Coarser;
  /** The last feature map that all heads read, [N,C,H',W']; left out where they share none. */
  readonly trunk?: Tensor;
  /** Where they share none: the last feature map that each head reads, in the order of the heads. */
  readonly lasts?: readonly Tensor[];
}

export interface Network {
  /**
   * Frames of a sequence that it takes as one image: their channels one after another, the earliest first. 1
   * if left out.
   */
  readonly frames?: number;
  /**
   * How it takes LiDAR sweeps in the place of images: `x` is then their pillars, and maps are over the grid
   * seen from above.
   */
  readonly pillars?: PillarPlan;
  /** Height and width of inputs must be multiples of this. */
  readonly sizeMultiple: number;
  /**
   * Names, from the network's own place on, of the parameters of the last layer that all heads share: that
   * which makes the trunk, or the deepest map where they also read others, its normalisation included. Left
   * out where they share none.
   */
  readonly shared?: readonly string[];
  /** A task as it predicts it, where that is more than the data asks for; the task itself if left out. */
  asPredicted?(task: Task): Task;
  /** x [N,C,H,W], any number of channels. */
  encode(layer: Layer, x: Tensor): Encoded;
  decode(layer: Layer, encoded: Encoded, heads: readonly Head[]): Decoded;
}

/**
 * A model of the registry. `options` validates what stands under `model:` in a configuration, besides the
 * name.
 */
export interface ModelDefinition<O = unknown> {
  readonly name: string;
  readonly options: z.ZodType<O>;
  create(options: O): Network;
  /**
   * The variable that an array of a public weight file stands for; null: none, leave it out. Default: names
   * are the network's own.
   */
  variableName?(stored: string): string | null;
}

/** The option by which a model takes its normalisation. */
export const normOption: z.ZodType<NormName> = z
  .enum(NORMS)
  .default("batch")
  .describe(
    "group: over groups of channels of each image, 32 or the largest divisor of the channels below that",
  );

/**
 * The last feature map before the heads, [N,C,H',W']: the trunk, or the maps of all heads side by side along
 * C where they share none; the deepest map of a network that tells neither.
 */
export function lastFeatures({ trunk, lasts = [], encoded }: NetworkRun): Tensor {
  if (trunk !== undefined) return trunk;
  if (lasts.length === 0) return encoded.bottleneck;
  return lasts.length === 1 ? lasts[0] : concat(lasts, 1);
}

/** What a whole network makes of an image. */
export interface NetworkRun extends Decoded {
  readonly encoded: Encoded;
}

/** Encoder and decoder in one go. */
export function runNetwork(network: Network, layer: Layer, x: Tensor, heads: readonly Head[]): NetworkRun {
  const encoded = network.encode(layer, x);
  return { encoded, ...network.decode(layer, encoded, heads) };
}

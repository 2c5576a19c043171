/** @file How torchvision's ImageNet weights expect images. */
import { channelAffine } from "../graph/ops/channel.js";
import { constant } from "../graph/ops/leaf.js";
import type { Tensor } from "../graph/tensor.js";

/** Of red, green and blue in [0, 1]. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] } as const;

/**
 * Inputs [N,C,H,W] of three channels are images in [0, 1] and are standardised by ImageNet's mean and
 * deviation; others stay as they are.
 */
export function standardised(x: Tensor): Tensor {
  if (x.shape[1] !== 3) return x;
  const scale = IMAGENET.deviation.map((deviation) => 1 / deviation);
  const shift = IMAGENET.mean.map((mean, i) => -mean * scale[i]);
  return channelAffine(x, constant(scale, [3]), constant(shift, [3]));
}

/**
 * The variable of a network with a ResNet below `encoder.` that an array of a weight file stands for: names
 * of torchvision's ResNets stand there; its classifier `fc` has no counterpart.
 */
export function underEncoder(stored: string): string | null {
  if (stored.startsWith("fc.")) return null;
  return /^(conv1|bn1|layer[1-4])\./.test(stored) ? `encoder.${stored}` : stored;
}

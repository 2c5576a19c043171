/** @file How a network's encoder is trained apart from the rest: not at all, or at a rate of its own. */
import type { Network } from "./network.js";

/** The group of an encoder's parameters where it has a rate of its own. */
export const ENCODER_GROUP = "encoder";

/**
 * The network with its encoder frozen: no gradient reaches it, and its batch normalisation goes by the
 * running statistics that it has, and leaves them. As with the usual fine-tuning of pretrained backbones.
 */
export function withFrozenEncoder(network: Network): Network {
  return {
    ...network,
    encode: (layer, x) => network.encode(layer.frozen().with({ mode: "eval" }), x),
  };
}

/** The network with its encoder's parameters in the group `ENCODER_GROUP`. */
export function withEncoderGroup(network: Network): Network {
  return { ...network, encode: (layer, x) => network.encode(layer.inGroup(ENCODER_GROUP), x) };
}

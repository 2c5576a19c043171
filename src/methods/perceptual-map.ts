/**
 * @file Perceptual cross-task mapping: "Perceptual Map" of MTPSL's and JTR's tables, after Zamir et al. 2020.
 */
import { z } from "zod";
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { concat, slice } from "../graph/ops/shape.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { Network } from "../models/network.js";
import { segnet } from "../models/segnet.js";
import {
  type CrossMap,
  type CrossMapOptions,
  crossMapOptions,
  crossMaps,
  mappedLoss,
  overLabelled,
  overUnlabelled,
} from "./cross-maps.js";
import { latentDistance } from "./distance.js";
import { jointEncoding } from "./jtr/joint-encoding.js";
import type { MethodContext, MethodDefinition } from "./method.js";
import { networkInput, networkPass, supervisedTerms } from "./supervised.js";

/**
 * Distance [B] of the mapped source and the target's label in the features of the network that maps the
 * target back, e_{t→s}: cosine, mean over positions of its bottleneck. Both enter as one batch, encoded as in
 * JTR's eq. 4; where the label does not hold, the detached mapped source stands in its place. The network
 * that judges gets no gradient.
 */
function featureDistance(context: MethodContext, network: Network, map: CrossMap): Tensor {
  const n = context.batchSize;
  const encoding = jointEncoding(map.target.task);
  const { label, valid } = map.target.labels;
  const mapped = encoding.encodePrediction(map.mapped);
  const known = mul(encoding.encodeLabel(label, valid), valid);
  const wanted = add(known, mul(detach(mapped), sub(1, valid)));
  const { bottleneck } = network.encode(
    map.back.frozen().with({ updatesState: false }),
    concat([mapped, wanted], 0),
  );
  const side = (from: number) => slice(bottleneck, { starts: [from], ends: [from + n] });
  return latentDistance("cosine", side(0), side(n));
}

/**
 * As `direct-map`, but mapped predictions are compared with labels in a feature space:
 *
 *     consistency (1/B) Σ_b 1/|U_b| Σ_{s in U_b, t in T_b} D(e_{t→s}(m_{s→t}(ŷ_s)), e_{t→s}(y_t))
 *
 * e_{t→s} is the encoder of m_{t→s}. Given by the papers: SegNets, and that two maps of one task are compared
 * by what a mapping network out of that task makes of them (Zamir et al., perceptual loss). Ours: that these
 * are the mapped prediction and the label, so that predictions of unlabelled tasks are reached (Zamir et al.
 * compare a prediction with its own label); features of the bottleneck instead of outputs; the cosine
 * distance and its weight, which are MTPSL's; and how mappings learn, as `direct-map` says.
 */
export const perceptualMap: MethodDefinition<CrossMapOptions> = {
  name: "perceptual-map",
  options: crossMapOptions(
    z.number().nonnegative().default(2).describe("of the distances in feature spaces"),
  ),
  build(context, { weight, fitWeight, width, ...ramp }) {
    const { predictions } = networkPass(context, networkInput(context));
    const network = segnet({ width });
    const maps = crossMaps("perceptual-map", context, predictions, network);
    const distances = maps.map((map) => featureDistance(context, network, map));
    return {
      terms: [
        ...supervisedTerms(context, predictions, { variant: "paper" }),
        { name: "perceptual-map.consistency", ...overUnlabelled(maps, distances), weight, ramp },
        { name: "perceptual-map.fit", ...overLabelled(maps, maps.map(mappedLoss)), weight: fitWeight },
      ],
    };
  },
};

/** @file Direct cross-task mapping: "Direct Map" of MTPSL's and JTR's tables, after Zamir et al. 2020. */
import { z } from "zod";
import { segnet } from "../models/segnet.js";
import {
  type CrossMapOptions,
  crossMapOptions,
  crossMaps,
  mappedLoss,
  overLabelled,
  overUnlabelled,
} from "./cross-maps.js";
import type { MethodDefinition } from "./method.js";
import { networkInput, networkPass, supervisedTerms } from "./supervised.js";

/**
 * Beyond eq. 1 of JTR, with a mapping network m_{s→t} for every ordered pair:
 *
 *     consistency (1/B) Σ_b 1/|U_b| Σ_{s in U_b, t in T_b} L_t(m_{s→t}(ŷ_s), y_t)
 *     fit         (1/B) Σ_b 1/|T_b| Σ_{s ≠ t in T_b}       L_t(m_{s→t}(y_s), y_t)
 *
 * Given by the papers: mappings between the tasks' own spaces, SegNets, compared by the target's loss. Ours:
 * the sums and weights (those of eq. 3), and how mappings learn: by `fit` on images with two labels, and by
 * `consistency`, whose gradients reach mapping and prediction alike. With one label an image the second is
 * all there is, so a mapping may learn whatever its source predicts: JTR's table 1 has this baseline below
 * plain supervision there.
 */
export const directMap: MethodDefinition<CrossMapOptions> = {
  name: "direct-map",
  options: crossMapOptions(z.number().nonnegative().default(1).describe("of the mapped predictions' losses")),
  build(context, { weight, fitWeight, width, ...ramp }) {
    const { predictions } = networkPass(context, networkInput(context));
    const maps = crossMaps("direct-map", context, predictions, segnet({ width }));
    const losses = maps.map(mappedLoss);
    return {
      terms: [
        ...supervisedTerms(context, predictions, { variant: "paper" }),
        { name: "direct-map.consistency", ...overUnlabelled(maps, losses), weight, ramp },
        { name: "direct-map.fit", ...overLabelled(maps, losses), weight: fitWeight },
      ],
    };
  },
};

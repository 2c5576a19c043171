/**
 * @file MoCo v2 (He et al. 2020, "Momentum contrast"; Chen et al. 2020, "Improved baselines with momentum
 * contrastive learning") as CompL has it beside a dense task (Kanakis et al. 2023, section 3.2).
 */
import { z } from "zod";
import { reduceMean } from "../../graph/ops/reduce.js";
import { reshape } from "../../graph/ops/shape.js";
import type { Tensor } from "../../graph/tensor.js";
import type { MethodContext, MethodDefinition } from "../method.js";
import { networkInput } from "../supervised.js";
import { alone } from "./alone.js";
import {
  type ContrastOptions,
  contrastOptions,
  encoders,
  globalEmbedding,
  keysInMemory,
  queueWarnings,
  settled,
} from "./contrast.js";
import { infoNce } from "./info-nce.js";
import { contrastiveViews } from "./views.js";

/** InfoNCE of unit vectors [N,D] of queries and their keys, mean over the images: scalar. */
export function globalContrast(
  context: MethodContext,
  method: string,
  [query, key]: readonly [Tensor, Tensor],
  options: Required<Pick<ContrastOptions, "temperature" | "memory">> & Pick<ContrastOptions, "queueSize">,
): Tensor {
  const [n, dimension] = query.shape;
  const places = (embedding: Tensor) => reshape(embedding, [n, 1, dimension]);
  return reduceMean(
    infoNce({
      queries: places(query),
      positives: places(key),
      memory: keysInMemory(context, method, "global", options, key),
      images: context.index(),
      temperature: options.temperature,
    }),
  );
}

/** Query: the first view in the network; key: the second in the momentum encoder. */
export const moco: MethodDefinition<ContrastOptions> = {
  name: "moco",
  selfSupervised: true,
  options: z.strictObject(contrastOptions),
  recommended: (options, beside) => alone(settled(options, beside), beside),
  views: (options) => contrastiveViews(options),
  arrays: () => ["index"],
  warnings: queueWarnings,
  build(context, given) {
    const options = settled(given, context.beside);
    const { query, key } = encoders(context, "moco", options);
    const embeddings = [query, key].map(({ features, head }, view) =>
      globalEmbedding(head("global"), features(networkInput(context, view)), options.dimension),
    );
    const value = globalContrast(context, "moco", [embeddings[0], embeddings[1]], options);
    return { terms: [{ name: "moco", value, weight: options.weight }] };
  },
};

/**
 * @file DenseCL (Wang et al. 2021, "Dense contrastive learning for self-supervised visual pre-training") as
 * CompL has it beside a dense task (Kanakis et al. 2023, section 3.2): MoCo v2 and, beside the whole image's
 * embedding, those of a grid of cells.
 */
import { z } from "zod";
import { cast, equal, where } from "../../graph/ops/compare.js";
import { gatherElements } from "../../graph/ops/gather.js";
import { constant } from "../../graph/ops/leaf.js";
import { matmul, swapLast } from "../../graph/ops/matmul.js";
import { l2Normalise } from "../../graph/ops/norm.js";
import { reduceMax, reduceMean, reduceMin } from "../../graph/ops/reduce.js";
import { expand, reshape } from "../../graph/ops/shape.js";
import { detach, relu } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { biasUniform } from "../../nn/initializers.js";
import type { Layer } from "../../nn/layer.js";
import { convLayer } from "../../nn/layers.js";
import type { MethodDefinition } from "../method.js";
import { networkInput } from "../supervised.js";
import { alone } from "./alone.js";
import {
  type ContrastOptions,
  contrastOptions,
  type Encoder,
  encoders,
  globalEmbedding,
  keysInMemory,
  queueWarnings,
  settled,
} from "./contrast.js";
import { gridOf, pooledToGrid } from "./grid.js";
import { infoNce } from "./info-nce.js";
import { globalContrast } from "./moco.js";
import { contrastiveViews } from "./views.js";

interface DenseClOptions extends ContrastOptions {
  /** Share of the cells' term; the rest is the whole image's. */
  readonly local: number;
  readonly grid?: number;
}

/** A view: its embedding and, of each cell, features and embedding. Cells by rows, P of them. */
interface DenseView {
  /** [N,D], unit vectors. */
  readonly whole: Tensor;
  /** [N,P,C], unit vectors: the network's features, by which cells are matched. */
  readonly features: Tensor;
  /** [N,P,D], not normalised. */
  readonly cells: Tensor;
}

/** Cells of maps as rows: [N,C,rows,columns] to [N,rows·columns,C]. */
function asRows(map: Tensor): Tensor {
  const [n, channels, rows, columns] = map.shape;
  return swapLast(reshape(map, [n, channels, rows * columns]));
}

/** 1x1 convolution, ReLU, 1x1 convolution. */
function cellEmbedding(layer: Layer, cells: Tensor, dimension: number): Tensor {
  const [, channels] = cells.shape;
  const unit = (place: Layer, x: Tensor, outputs: number) =>
    convLayer(place, x, outputs, { kernel: 1, weightInit: biasUniform([outputs, x.shape[1]]) });
  return unit(layer.child(2), relu(unit(layer.child(0), cells, channels)), dimension);
}

function viewOf(
  { features, head }: Encoder,
  image: Tensor,
  { dimension, grid }: Pick<DenseClOptions, "dimension" | "grid">,
): DenseView {
  const map = features(image);
  const [, , height, width] = map.shape;
  const pooled = pooledToGrid(map, gridOf(grid, [height, width]));
  return {
    whole: globalEmbedding(head("global"), map, dimension),
    features: l2Normalise(asRows(detach(pooled)), 2),
    cells: asRows(cellEmbedding(head("local"), pooled, dimension)),
  };
}

/**
 * For each cell of a view [N,P,C] the most similar one of another [N,P,C] by the product of their features,
 * the first of several: [N,P], int32, which WebGPU can expand.
 */
export function correspondence(query: Tensor, key: Tensor): Tensor {
  const similarity = matmul(query, swapLast(key));
  const [n, , cells] = similarity.shape;
  const numbers = constant(
    Float32Array.from({ length: cells }, (_, i) => i),
    [1, 1, cells],
  );
  const isMost = equal(similarity, reduceMax(similarity, { axes: [2], keepDims: true }));
  const first = reduceMin(where(isMost, numbers, cells - 1), { axes: [2] });
  return cast(reshape(first, [n, similarity.shape[1]]), "int32");
}

/** Rows [N,P,D] of keys [N,P',D] at places [N,P]. */
export function matched(keys: Tensor, places: Tensor): Tensor {
  const [n, cells] = places.shape;
  const length = keys.shape[2];
  return gatherElements(keys, expand(reshape(places, [n, cells, 1]), [n, cells, length]), 1);
}

/**
 * Query: the first view in the network; key: the second in the momentum encoder. Local term: the positive of
 * a cell is the key of the cell whose features are most like its own, negatives are the means over the cells
 * of other images, in a memory of their own; mean over all cells.
 */
export const densecl: MethodDefinition<DenseClOptions> = {
  name: "densecl",
  selfSupervised: true,
  options: z.strictObject({
    ...contrastOptions,
    local: z
      .number()
      .min(0)
      .max(1)
      .default(0.7)
      .describe("share of the cells' term, the rest is the whole image's; DenseCL itself has 0.5"),
    grid: z
      .int()
      .min(1)
      .optional()
      .describe(
        "cells a side; 8, or the side of the last feature map where that is less. CompL's code: 8 for depth, 32 for segmentation",
      ),
  }),
  recommended: (options, beside) => alone(settled(options, beside), beside),
  views: (options) => contrastiveViews(options),
  arrays: () => ["index"],
  warnings: queueWarnings,
  build(context, given) {
    const options = settled(given, context.beside);
    const { weight, local, temperature } = options;
    const { query: learner, key: follower } = encoders(context, "densecl", options);
    const query = viewOf(learner, networkInput(context, 0), options);
    const key = viewOf(follower, networkInput(context, 1), options);
    const means = l2Normalise(reduceMean(key.cells, { axes: [1] }), 1);
    const cells = infoNce({
      queries: l2Normalise(query.cells, 2),
      positives: matched(l2Normalise(key.cells, 2), correspondence(query.features, key.features)),
      memory: keysInMemory(context, "densecl", "local", options, means),
      images: context.index(),
      temperature,
    });
    const whole = globalContrast(context, "densecl", [query.whole, key.whole], options);
    return {
      terms: [
        { name: "densecl.global", value: whole, weight: (1 - local) * weight },
        { name: "densecl.local", value: reduceMean(cells), weight: local * weight },
      ],
    };
  },
};

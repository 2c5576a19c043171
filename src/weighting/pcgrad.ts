/** @file Gradient surgery: projecting conflicting gradients (Yu et al. 2020). */
import { z } from "zod";
import { Random } from "../common/random.js";
import { div, maximum, minimum, mul, sub } from "../graph/ops/arithmetic.js";
import { matmul, swapLast } from "../graph/ops/matmul.js";
import { reduceSum } from "../graph/ops/reduce.js";
import { reshape, slice } from "../graph/ops/shape.js";
import type { StepInput } from "../nn/step-input.js";
import { aggregate } from "./aggregate.js";
import { diagonalOf, presence } from "./columns.js";
import { identity } from "./solve/linear.js";
import type { WeightingDefinition } from "./weighting.js";

const TINY = 1e-30;

/**
 * Each objective's gradient meets the others in a random order of its own, and loses its part along each one
 * that it conflicts with (algorithm 1): a <- a - min(a·g_j, 0)/‖g_j‖² g_j. Shared parameters get the sum of
 * what is left. Two objectives never conflict with the update, more may.
 */
export const pcgrad: WeightingDefinition<Record<string, never>> = {
  name: "pcgrad",
  options: z.strictObject({}),
  least: 2,
  needsShared: true,
  combine(context) {
    const { objectives } = context;
    const size = objectives.length;
    const gram = context.gram();
    const squares = swapLast(maximum(diagonalOf(gram), TINY));
    const orders = context.input(ordersInput(objectives.map(({ name }) => name)));
    // Row i holds what of each gradient is in the i-th one by now.
    let rows = identity(size);
    for (let turn = 0; turn < size - 1; turn++) {
      const met = reshape(slice(orders, { axes: [0], starts: [turn], ends: [turn + 1] }), [size, size]);
      const along = minimum(mul(matmul(rows, gram), met), 0);
      rows = sub(rows, div(along, squares));
    }
    const kept = mul(rows, presence(objectives));
    return aggregate(context, reshape(reduceSum(kept, { axes: [0] }), [size, 1]));
  },
};

/** [K-1,K,K]: entry [t,i,j] is 1 where objective i meets j in its turn t. */
function ordersInput(names: readonly string[]): StepInput {
  const size = names.length;
  return {
    name: "pcgrad.orders",
    shape: [size - 1, size, size],
    value({ seed, batch }) {
      const flags = new Float32Array((size - 1) * size * size);
      names.forEach((name, i) => {
        // A number for each pair of names: an order that does not depend on that of the objectives.
        const keys = names.map((other) =>
          new Random(seed, "noise", `pcgrad.${name}.${other}`, batch).uniform(),
        );
        const others = names.map((_, j) => j).filter((j) => j !== i);
        others
          .sort((a, b) => keys[a] - keys[b])
          .forEach((j, turn) => {
            flags[(turn * size + i) * size + j] = 1;
          });
      });
      return flags;
    },
  };
}

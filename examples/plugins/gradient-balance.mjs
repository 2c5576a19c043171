// A weighting of one's own: every task pulls equally hard at what they share. In a configuration:
//   plugins: [./gradient-balance.mjs]
//   weighting: {name: gradient-balance, memory: 0.9}
// @ts-check
import { add, detach, div, maximum, mul, reduceMean, reshape, slice, sqrt, stack } from "taskloom/graph";
import { weightName } from "taskloom/weighting";
import { z } from "zod";

/**
 * L = Σ w_k L_k, w_k = mean of all norms / norm of k: the norms of the objectives' gradients in shared
 * parameters, averaged over steps.
 * @type {import("taskloom/weighting").WeightingDefinition<{ memory: number }>}
 */
const gradientBalance = {
  name: "gradient-balance",
  options: z.strictObject({
    memory: z.number().min(0).lt(1).default(0.9).describe("share of the old average in the new one"),
  }),
  least: 2,
  combine(context, { memory }) {
    const { objectives } = context;
    const gram = context.gram();
    const norms = objectives.map(({ name, present }, k) => {
      const square = reshape(slice(gram, { axes: [0, 1], starts: [k, k], ends: [k + 1, k + 1] }), []);
      const average = context.state(`norm.${name}`, [], 1);
      const blended = add(mul(average.now, memory), mul(sqrt(maximum(square, 1e-12)), 1 - memory));
      // An objective without labels in this batch has no gradient, which says nothing of its size.
      const next = add(mul(blended, present), mul(average.now, add(1, mul(present, -1))));
      average.next(next);
      return next;
    });
    const mean = reduceMean(stack(norms));
    const weights = norms.map((norm) => detach(div(mean, maximum(norm, 1e-6))));
    return {
      loss: objectives.map(({ loss }, k) => mul(loss, weights[k])).reduce((sum, loss) => add(sum, loss)),
      values: Object.fromEntries(objectives.map((objective, k) => [weightName(objective), weights[k]])),
    };
  },
};

export const weightings = [gradientBalance];

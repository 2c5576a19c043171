// A relation between two tasks, as a term beside any method: where one map changes, so does the other. In a
// configuration:
//   plugins: [./shared-edges.mjs]
//   method: {name: supervised, with: [{name: shared-edges, tasks: [segmentation, depth], weight: 0.1}]}
// @ts-check
import { UserError } from "taskloom";
import { abs, add, exp, mul, neg, reduceMean, reduceSum, slice, softmax, sub } from "taskloom/graph";
import { networkPass } from "taskloom/methods";
import { z } from "zod";

/**
 * Differences of neighbouring pixels along an axis (2: down, 3: right), absolute, summed over channels:
 * [N,1,H,W] less one row or column.
 * @param {import("taskloom/graph").Tensor} x
 * @param {2 | 3} axis
 */
function changes(x, axis) {
  const length = x.shape[axis];
  const part = (/** @type {number} */ from) =>
    slice(x, { axes: [axis], starts: [from], ends: [length - 1 + from] });
  return reduceSum(abs(sub(part(1), part(0))), { axes: [1], keepDims: true });
}

/**
 * Mean over pixels of |∇b| e^{-|∇a|}: the second task's map may change where the first one's does. Both are
 * predictions; classes enter as probabilities.
 * @type {import("taskloom/methods").MethodDefinition<{ tasks: string[], weight: number }>}
 */
const sharedEdges = {
  name: "shared-edges",
  options: z.strictObject({
    tasks: z.array(z.string()).length(2).describe("whose edges lead, and whose follow"),
    weight: z.number().nonnegative().default(0.1),
  }),
  build(context, { tasks, weight }) {
    const { predictions } = networkPass(context, context.image());
    const [leading, following] = tasks.map((name) => {
      const task = context.tasks.find((each) => each.name === name);
      if (task === undefined) {
        throw new UserError({
          code: "shared-edges.no-task",
          where: "method.with: shared-edges.tasks",
          what: `the run has no task ${JSON.stringify(name)}`,
          expected: context.tasks.map((each) => each.name).join(", "),
        });
      }
      const map = predictions[name];
      return task.kind.learning.likelihood === "classification" ? softmax(map, 1) : map;
    });
    const along = (/** @type {2 | 3} */ axis) =>
      reduceMean(mul(changes(following, axis), exp(neg(changes(leading, axis)))));
    return { terms: [{ name: "shared-edges", value: add(along(2), along(3)), weight }] };
  },
};

export const methods = [sharedEdges];

/**
 * @file Boxes are where their flow leads (Taskology, appendix A.2): scores and residuals of a sweep and of an
 * earlier one agree along the predicted motion.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { add, div, maximum, mul, sub } from "../graph/ops/arithmetic.js";
import { cast, greaterOrEqual, lessOrEqual, logicalAnd } from "../graph/ops/compare.js";
import { gatherElements } from "../graph/ops/gather.js";
import { constant } from "../graph/ops/leaf.js";
import { reduceMax, reduceMean, reduceSum } from "../graph/ops/reduce.js";
import { concat, expand, reshape, slice } from "../graph/ops/shape.js";
import { detach, round, sigmoid, square } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import { ANCHOR_YAWS, detectedClasses, partsOfBoxes } from "../tasks/boxes3d/channels.js";
import type { BoxesSpec } from "../tasks/boxes3d/spec.js";
import { wrapped } from "../tasks/boxes3d/targets.js";
import { type ConstraintDefinition, taskFor, taskOption, weightOption } from "./constraint.js";

interface BoxMotionOptions {
  readonly weight: number;
  readonly class: number;
  readonly residual: number;
  readonly cells: "confident" | "all";
  readonly boxes?: string;
}

/** Where the flow of each cell leads. */
interface Lookup {
  /** Values [N,A,K,H,W] of the cells that it leads to. */
  sample(map: Tensor): Tensor;
  /** How far it is from cell to cell, metres along x and y: [N,2,H,W]. */
  readonly shift: Tensor;
  /** [N,1,1,H,W], ones where the grid holds that cell. */
  readonly inside: Tensor;
}

/** The cells nearest to where a flow [N,3,H,W] leads. No gradient passes the choice. */
function lookup(flow: Tensor, { grid }: BoxesSpec): Lookup {
  const [n, , height, width] = flow.shape;
  const part = (channel: number) => slice(flow, { axes: [1], starts: [channel], ends: [channel + 1] });
  // Rows go from the largest x down, columns from the largest y.
  const [down, right] = [0, 1].map((axis) => round(div(detach(part(axis)), -grid.cell)));
  const count = (length: number) => Array.from({ length }, (_, i) => i);
  const row = add(down, constant(count(height), [1, 1, height, 1]));
  const column = add(right, constant(count(width), [1, 1, 1, width]));
  const within = (at: Tensor, length: number) =>
    logicalAnd(greaterOrEqual(at, 0), lessOrEqual(at, length - 1));
  const inside = cast(logicalAnd(within(row, height), within(column, width)), "float32");
  const place = mul(add(mul(row, width), column), inside);
  const index = reshape(cast(place, "int64"), [n, 1, height * width]);
  return {
    sample(map) {
      const channels = map.shape[1] * map.shape[2];
      const flat = reshape(map, [n, channels, height * width]);
      return reshape(gatherElements(flat, expand(index, [n, channels, height * width]), 2), map.shape);
    },
    shift: mul(concat([down, right], 1), -grid.cell),
    inside: reshape(inside, [n, 1, 1, height, width]),
  };
}

/** Lengths, from above, of the anchors' diagonals [1,A,1,1,1]: what x and y are divided by. */
function diagonals(spec: BoxesSpec): Tensor {
  const lengths = detectedClasses(spec).flatMap(({ size: [l, w] }) =>
    ANCHOR_YAWS.map(() => Math.hypot(l, w)),
  );
  return constant(lengths, [1, lengths.length, 1, 1, 1]);
}

/**
 * Squared differences of residuals [N,A,7,H,W] before and after the flow [N,3,H,W], summed over the seven:
 * [N,A,1,H,W]. Of x and y (metres) (d' - d - (flow - (i' - i)))², i and i' the cells: zero where a box, which
 * lies d from its cell, lies d' from the cell that the flow leads to. (As printed the remainder is added.)
 */
function residualErrors(now: Tensor, then: Tensor, flow: Tensor, shift: Tensor, spec: BoxesSpec): Tensor {
  const [n, , , height, width] = now.shape;
  const part = (x: Tensor, from: number, to: number) => slice(x, { axes: [2], starts: [from], ends: [to] });
  const difference = sub(then, now);
  const motion = reshape(flow, [n, 1, 3, height, width]);
  const remainder = sub(part(motion, 0, 2), reshape(shift, [n, 1, 2, height, width]));
  const place = sub(mul(part(difference, 0, 2), diagonals(spec)), remainder);
  const turn = wrapped(sub(part(difference, 6, 7), part(motion, 2, 3)));
  const errors = concat([place, part(difference, 2, 6), turn], 2);
  return reduceSum(square(errors), { axes: [2], keepDims: true });
}

/** Mean over samples of Σ errors · weights / max(Σ weights, 1): [N,A,1,H,W] each. */
function weighted(errors: Tensor, weights: Tensor): Tensor {
  const over = { axes: [1, 2, 3, 4] };
  return reduceMean(div(reduceSum(mul(errors, weights), over), maximum(reduceSum(weights, over), 1)));
}

/** Class and residual terms of predictions [N,channels,H,W], means over the earlier frames. */
export function boxMotion(
  prediction: Tensor,
  spec: BoxesSpec,
  cells: BoxMotionOptions["cells"],
): { scores: Tensor; residuals: Tensor } {
  const { frames, flow } = partsOfBoxes(prediction, spec);
  const [now, ...earlier] = frames;
  const [n, , , height, width] = now.scores.shape;
  const likely = detach(reduceMax(sigmoid(now.scores), { axes: [2], keepDims: true }));
  const terms = earlier.map((then, past) => {
    const part = slice(flow!, { axes: [1], starts: [past], ends: [past + 1] });
    const own = reshape(part, [n, 3, height, width]);
    const { sample, shift, inside } = lookup(own, spec);
    const weights = cells === "all" ? expand(inside, likely.shape) : mul(likely, inside);
    const score = reduceSum(square(sub(sample(then.scores), now.scores)), { axes: [2], keepDims: true });
    const residual = residualErrors(now.residuals, sample(then.residuals), own, shift, spec);
    return { scores: weighted(score, weights), residuals: weighted(residual, weights) };
  });
  const mean = (key: "scores" | "residuals") =>
    mul(
      terms.map((term) => term[key]).reduce((sum, each) => add(sum, each)),
      1 / terms.length,
    );
  return { scores: mean("scores"), residuals: mean("residuals") };
}

export const boxMotionConstraint: ConstraintDefinition<BoxMotionOptions> = {
  name: "box-motion",
  options: z.strictObject({
    weight: weightOption("of both terms together", 0.1),
    class: z.number().nonnegative().default(1).describe("weight of the scores' differences"),
    residual: z.number().nonnegative().default(1).describe("weight of the residuals' differences"),
    cells: z
      .enum(["confident", "all"])
      .default("confident")
      .describe("anchors count by how likely they are to hold a box, or all alike"),
    boxes: taskOption("boxes3d"),
  }),
  needs: () => ({ tasks: { boxes: "boxes3d" } }),
  build(context, options) {
    const { name, spec } = taskFor(context, "box-motion", "boxes3d", options.boxes);
    const boxes = spec as BoxesSpec;
    if (boxes.frames < 2) {
      throw new UserError({
        code: "constraint.one-frame",
        where: "box-motion",
        what: "boxes of a single sweep do not move",
        expected: "a model that predicts boxes of several sweeps",
        got: "1",
        fix: "Set `model.frames: 3`.",
      });
    }
    const { scores, residuals } = boxMotion(context.frame(0).predictions[name], boxes, options.cells);
    const { weight } = options;
    return [
      { name: "box-motion.class", value: scores, weight: weight * options.class },
      { name: "box-motion.residual", value: residuals, weight: weight * options.residual },
    ];
  },
};

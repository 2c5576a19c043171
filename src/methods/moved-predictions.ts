/** @file Predictions of one view as another view of the same image sees them. */
import { add, mul, sub } from "../graph/ops/arithmetic.js";
import { gridSample } from "../graph/ops/grid-sample.js";
import { constant } from "../graph/ops/leaf.js";
import { concat, expand, reshape, slice } from "../graph/ops/shape.js";
import { sign } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { MethodContext } from "./method.js";

/**
 * Predictions [N,C,H,W] of a view, by task name, moved to a view that was cut from it and lies in it at
 * `placement` [N,5]: sampled bilinearly where the later view's pixels come from, then mended as labels are
 * (depth divided by the enlargement, normals mirrored).
 */
export function inLaterView(
  { tasks, batchSize: n, size: [height, width] }: Pick<MethodContext, "tasks" | "batchSize" | "size">,
  predictions: Readonly<Record<string, Tensor>>,
  placement: Tensor,
): Record<string, Tensor> {
  const field = (i: number) =>
    reshape(slice(placement, { axes: [1], starts: [i], ends: [i + 1] }), [n, 1, 1, 1]);
  const [xStep, xStart, yStep, yStart, enlargement] = [0, 1, 2, 3, 4].map(field);
  const count = (length: number) => Array.from({ length }, (_, i) => i);
  const toUnit = (pixels: Tensor, length: number) =>
    expand(sub(mul(pixels, 2 / Math.max(length - 1, 1)), 1), [n, height, width, 1]);
  const x = add(mul(constant(count(width), [1, 1, width, 1]), xStep), xStart);
  const y = add(mul(constant(count(height), [1, height, 1, 1]), yStep), yStart);
  const grid = concat([toUnit(x, width), toUnit(y, height)], 3);
  const motion = { side: sign(xStep), enlargement };
  return Object.fromEntries(
    tasks.map(({ name, kind }) => {
      // A placement lies within its view; the border takes up rounding.
      const sampled = gridSample(predictions[name], grid, { padding: "border", alignCorners: true });
      return [name, kind.learning.moved(sampled, motion)];
    }),
  );
}

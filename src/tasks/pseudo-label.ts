/**
 * @file Predictions in the place of labels (pseudo-labels): what teachers or other views say of unlabelled
 * images.
 */
import { cast, equal, greaterOrEqual, where } from "../graph/ops/compare.js";
import { constant, filled } from "../graph/ops/leaf.js";
import { reduceMax, reduceMin } from "../graph/ops/reduce.js";
import { expand } from "../graph/ops/shape.js";
import { softmax } from "../graph/ops/softmax.js";
import { detach } from "../graph/ops/unary.js";
import type { Tensor } from "../graph/tensor.js";
import type { PseudoLabel } from "./contract/learning.js";

/**
 * The predicted values themselves, valid everywhere: [N,C,H,W], for tasks whose labels have the prediction's
 * form.
 */
export function predictedValues(prediction: Tensor): PseudoLabel {
  const [n, , height, width] = prediction.shape;
  return { label: detach(prediction), valid: expand(filled(1, 4), [n, 1, height, width]) };
}

/**
 * The most probable class by logits [N,C,H,W], the first of several, valid where softmax gives it
 * `confidence` (0 to 1) or more.
 */
export function mostProbableClass(logits: Tensor, confidence: number): PseudoLabel {
  const classes = logits.shape[1];
  const over = { axes: [1], keepDims: true };
  const fixed = detach(logits);
  const indices = constant(
    Array.from({ length: classes }, (_, i) => i),
    [1, classes, 1, 1],
  );
  const isHighest = equal(fixed, reduceMax(fixed, over));
  const label = reduceMin(where(isHighest, indices, classes), over);
  const valid = cast(greaterOrEqual(reduceMax(softmax(fixed, 1), over), confidence), "float32");
  return { label, valid };
}

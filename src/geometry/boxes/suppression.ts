/** @file Non-maximum suppression: of boxes that overlap, the one with the highest score stays. */
import type { UprightBox } from "./box.js";
import { boxIou, type OverlapMeasure } from "./overlap.js";

export interface SuppressionOptions {
  /** A box goes where it overlaps a better one by more than this intersection over union. */
  readonly overlap: number;
  /** Default `bev`. */
  readonly measure?: OverlapMeasure;
  /** Boxes below this score go. */
  readonly score?: number;
  /** Only so many of the best boxes are looked at. */
  readonly candidates?: number;
  /** At most so many boxes stay. */
  readonly most?: number;
}

/**
 * Numbers of the boxes that stay, the best first; of equal scores the first box is the better one. Boxes
 * whose score is no number go.
 * @throws RangeError where there are not as many scores as boxes.
 */
export function suppressed(
  boxes: readonly UprightBox[],
  scores: ArrayLike<number>,
  options: SuppressionOptions,
): number[] {
  const { overlap, measure = "bev", score = -Infinity, candidates = Infinity, most = Infinity } = options;
  if (boxes.length !== scores.length) {
    throw new RangeError(`suppressed: ${boxes.length} boxes and ${scores.length} scores`);
  }
  const order = boxes
    .map((_, i) => i)
    .filter((i) => scores[i] >= score)
    .sort((i, j) => scores[j] - scores[i] || i - j)
    .slice(0, candidates);
  const kept: number[] = [];
  for (const i of order) {
    if (kept.length >= most) break;
    if (kept.every((better) => boxIou(boxes[better], boxes[i], measure) <= overlap)) kept.push(i);
  }
  return kept;
}

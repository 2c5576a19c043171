/** @file Parts the items of a node between bins (Wald 2007): one pass an axis instead of a sort. */
import { type Cut, emptyBox, growBox } from "./item-bounds.js";

const BINS = 12;
const boxes = new Float64Array(6 * BINS);
const counts = new Int32Array(BINS);
const area = new Float64Array(BINS);
const side = new Float64Array(6);

interface Border {
  readonly axis: number;
  /** Sum of an item's both bounds along the axis. */
  readonly at: number;
  readonly cost: number;
}

/** The cheapest border between bins along an axis; undefined where all middles fall together. */
function bestBorder(
  items: Float64Array,
  order: Int32Array,
  from: number,
  to: number,
  axis: number,
): Border | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (let i = from; i < to; i++) {
    const item = 6 * order[i] + axis;
    const middle = items[item] + items[item + 3];
    if (middle < low) low = middle;
    if (middle > high) high = middle;
  }
  if (!(high > low)) return undefined;
  const scale = (BINS * (1 - 1e-9)) / (high - low);
  counts.fill(0);
  emptyBox(boxes);
  for (let i = from; i < to; i++) {
    const item = 6 * order[i] + axis;
    const bin = Math.floor((items[item] + items[item + 3] - low) * scale);
    counts[bin]++;
    growBox(boxes, 6 * bin, items, order[i]);
  }
  emptyBox(side);
  for (let bin = BINS - 1; bin > 0; bin--) area[bin] = growBox(side, 0, boxes, bin);
  emptyBox(side);
  let best: Border | undefined;
  let count = 0;
  for (let bin = 1; bin < BINS; bin++) {
    count += counts[bin - 1];
    const cost = growBox(side, 0, boxes, bin - 1) * count + area[bin] * (to - from - count);
    // Empty bins cost NaN or infinities; the border behind them is as good.
    if (count > 0 && count < to - from && cost < (best?.cost ?? Infinity)) {
      best = { axis, at: low + bin / scale, cost };
    }
  }
  return best;
}

/**
 * Moves the items of `order[from, to)` before the cheapest border to the front. Undefined where no border
 * parts them.
 */
export function binnedCut(items: Float64Array, order: Int32Array, from: number, to: number): Cut | undefined {
  let best: Border | undefined;
  for (let axis = 0; axis < 3; axis++) {
    const border = bestBorder(items, order, from, to, axis);
    if (border !== undefined && border.cost < (best?.cost ?? Infinity)) best = border;
  }
  if (best === undefined) return undefined;
  let at = from;
  for (let i = from; i < to; i++) {
    const item = order[i];
    if (items[6 * item + best.axis] + items[6 * item + best.axis + 3] >= best.at) continue;
    order[i] = order[at];
    order[at++] = item;
  }
  return at > from && at < to ? { at, axis: best.axis } : undefined;
}

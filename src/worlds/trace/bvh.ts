/** @file A bounding volume hierarchy over axis-aligned bounds, split by the surface area heuristic. */

import { binnedCut } from "./binned-cut.js";
import { type Cut, emptyBox, growBox } from "./item-bounds.js";

/**
 * Flat arrays, for tight traversal loops. Node 0 is the root; an inner node's second child is `links[2 i] +
 * 1`.
 */
export interface Hierarchy {
  /** Six numbers a node: minX, minY, minZ, maxX, maxY, maxZ. */
  readonly bounds: Float64Array;
  /**
   * Two numbers a node. Inner: first child, split axis. Leaf: -1 - (first place in `order`), number of items.
   */
  readonly links: Int32Array;
  /** Item numbers, leaf by leaf. */
  readonly order: Int32Array;
}

/**
 * `sweep` tries every cut between two items, `bins` some evenly spaced ones: much faster to build for
 * thousands of items, a little slower to shoot at.
 */
export type HierarchyBuild = "sweep" | "bins";

const LEAF_SIZE = 2;
/** Nodes of fewer items are swept in either build. */
const FEW = 8;

/**
 * Sorts `order[from, to)` along the best axis and returns the cheapest cut, by a full sweep over all items.
 */
function cut(items: Float64Array, order: Int32Array, from: number, to: number): Cut {
  let best = { at: (from + to) >> 1, axis: 0, cost: Infinity };
  const area = new Float64Array(to - from);
  const box = emptyBox();
  const middle = (item: number, axis: number) => items[6 * item + axis] + items[6 * item + axis + 3];
  for (let axis = 0; axis < 3; axis++) {
    const part = order.subarray(from, to).sort((a, b) => middle(a, axis) - middle(b, axis));
    emptyBox(box);
    for (let i = part.length - 1; i > 0; i--) area[i] = growBox(box, 0, items, part[i]);
    emptyBox(box);
    for (let i = 1; i < part.length; i++) {
      const cost = growBox(box, 0, items, part[i - 1]) * i + area[i] * (part.length - i);
      if (cost < best.cost) best = { at: from + i, axis, cost };
    }
  }
  const { axis } = best;
  order.subarray(from, to).sort((a, b) => middle(a, axis) - middle(b, axis));
  return best;
}

/**
 * Builds the hierarchy of items by their bounds, six numbers each (see `bounds` of a primitive). Throws
 * RangeError without items.
 */
export function buildHierarchy(items: Float64Array, build: HierarchyBuild = "sweep"): Hierarchy {
  const total = items.length / 6;
  if (total === 0) throw new RangeError("buildHierarchy: a scene needs at least one solid");
  const order = Int32Array.from({ length: total }, (_, i) => i);
  const nodeBounds = new Float64Array(12 * total);
  const links = new Int32Array(4 * total);
  let count = 1;
  const box = emptyBox();
  const fill = (node: number, from: number, to: number): void => {
    emptyBox(box);
    for (let i = from; i < to; i++) growBox(box, 0, items, order[i]);
    nodeBounds.set(box, 6 * node);
    if (to - from <= LEAF_SIZE) {
      links[2 * node] = -1 - from;
      links[2 * node + 1] = to - from;
      return;
    }
    const few = build === "sweep" || to - from < FEW;
    const { at, axis } = (few ? undefined : binnedCut(items, order, from, to)) ?? cut(items, order, from, to);
    const child = count;
    count += 2;
    links[2 * node] = child;
    links[2 * node + 1] = axis;
    fill(child, from, at);
    fill(child + 1, at, to);
  };
  fill(0, 0, total);
  return { bounds: nodeBounds.slice(0, 6 * count), links: links.slice(0, 2 * count), order };
}

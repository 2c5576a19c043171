/** @file A bounding volume hierarchy over axis-aligned bounds, split by the surface area heuristic. */

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

const LEAF_SIZE = 2;

function union(items: readonly number[][], order: ArrayLike<number>, from: number, to: number): number[] {
  const box = [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const item = items[order[i]];
    for (let axis = 0; axis < 3; axis++) {
      if (item[axis] < box[axis]) box[axis] = item[axis];
      if (item[axis + 3] > box[axis + 3]) box[axis + 3] = item[axis + 3];
    }
  }
  return box;
}

function grow(box: number[], item: readonly number[]): number {
  for (let axis = 0; axis < 3; axis++) {
    if (item[axis] < box[axis]) box[axis] = item[axis];
    if (item[axis + 3] > box[axis + 3]) box[axis + 3] = item[axis + 3];
  }
  const [x, y, z] = [box[3] - box[0], box[4] - box[1], box[5] - box[2]];
  return x * y + y * z + z * x;
}

const empty = () => [Infinity, Infinity, Infinity, -Infinity, -Infinity, -Infinity];

/**
 * Sorts `order[from, to)` along the best axis and returns the cheapest cut, by a full sweep over all items.
 */
function cut(
  items: readonly number[][],
  order: Int32Array,
  from: number,
  to: number,
): { at: number; axis: number } {
  let best = { at: (from + to) >> 1, axis: 0, cost: Infinity };
  const area = new Float64Array(to - from);
  for (let axis = 0; axis < 3; axis++) {
    const part = order
      .subarray(from, to)
      .sort((a, b) => items[a][axis] + items[a][axis + 3] - items[b][axis] - items[b][axis + 3]);
    const right = empty();
    for (let i = part.length - 1; i > 0; i--) area[i] = grow(right, items[part[i]]);
    const left = empty();
    for (let i = 1; i < part.length; i++) {
      const cost = grow(left, items[part[i - 1]]) * i + area[i] * (part.length - i);
      if (cost < best.cost) best = { at: from + i, axis, cost };
    }
  }
  const { axis } = best;
  order
    .subarray(from, to)
    .sort((a, b) => items[a][axis] + items[a][axis + 3] - items[b][axis] - items[b][axis + 3]);
  return best;
}

/**
 * Builds the hierarchy of `items` (six numbers each, see `bounds` of a primitive). Throws RangeError without
 * items.
 */
export function buildHierarchy(items: readonly number[][]): Hierarchy {
  if (items.length === 0) throw new RangeError("buildHierarchy: a scene needs at least one solid");
  const order = Int32Array.from(items.keys());
  const nodeBounds = new Float64Array(12 * items.length);
  const links = new Int32Array(4 * items.length);
  let count = 1;
  const fill = (node: number, from: number, to: number): void => {
    nodeBounds.set(union(items, order, from, to), 6 * node);
    if (to - from <= LEAF_SIZE) {
      links[2 * node] = -1 - from;
      links[2 * node + 1] = to - from;
      return;
    }
    const { at, axis } = cut(items, order, from, to);
    const child = count;
    count += 2;
    links[2 * node] = child;
    links[2 * node + 1] = axis;
    fill(child, from, at);
    fill(child + 1, at, to);
  };
  fill(0, 0, items.length);
  return { bounds: nodeBounds.slice(0, 6 * count), links: links.slice(0, 2 * count), order };
}

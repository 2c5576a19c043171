/** @file Axis-aligned boxes in flat arrays: minX, minY, minZ, maxX, maxY, maxZ. */

/** Where a node's items are parted: first place of the second half, and the axis they are parted along. */
export interface Cut {
  readonly at: number;
  readonly axis: number;
}

/** A box, or several, that hold nothing. */
export function emptyBox(boxes: Float64Array = new Float64Array(6)): Float64Array {
  for (let i = 0; i < boxes.length; i++) boxes[i] = i % 6 < 3 ? Infinity : -Infinity;
  return boxes;
}

/** Grows the box at `at` by an item's bounds and returns half its surface. */
export function growBox(boxes: Float64Array, at: number, items: Float64Array, item: number): number {
  const from = 6 * item;
  for (let axis = 0; axis < 3; axis++) {
    if (items[from + axis] < boxes[at + axis]) boxes[at + axis] = items[from + axis];
    if (items[from + axis + 3] > boxes[at + axis + 3]) boxes[at + axis + 3] = items[from + axis + 3];
  }
  const x = boxes[at + 3] - boxes[at];
  const y = boxes[at + 4] - boxes[at + 1];
  const z = boxes[at + 5] - boxes[at + 2];
  return x * y + y * z + z * x;
}

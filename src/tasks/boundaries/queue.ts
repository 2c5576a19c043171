/** @file A queue that gives the item of the least cost first. */

export interface PriorityQueue {
  /** Adds an item, a whole number; the same one may wait at several costs. */
  add(item: number, cost: number): void;
  /** Takes the item of the least cost out, of several the one added first; undefined where none is left. */
  take(): { readonly item: number; readonly cost: number } | undefined;
  clear(): void;
}

interface Waiting {
  readonly item: number;
  readonly cost: number;
  readonly turn: number;
}

const before = (a: Waiting, b: Waiting): boolean => a.cost < b.cost || (a.cost === b.cost && a.turn < b.turn);

/** An empty queue: a binary heap. */
export function priorityQueue(): PriorityQueue {
  const heap: Waiting[] = [];
  let turn = 0;
  return {
    add(item, cost) {
      const added = { item, cost, turn: turn++ };
      let at = heap.push(added) - 1;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (before(heap[parent], added)) break;
        heap[at] = heap[parent];
        at = parent;
      }
      heap[at] = added;
    },
    take() {
      if (heap.length === 0) return undefined;
      const first = heap[0];
      const last = heap.pop()!;
      if (heap.length === 0) return first;
      let at = 0;
      for (let child = 1; child < heap.length; child = 2 * at + 1) {
        if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++;
        if (before(last, heap[child])) break;
        heap[at] = heap[child];
        at = child;
      }
      heap[at] = last;
      return first;
    },
    clear() {
      heap.length = 0;
      turn = 0;
    },
  };
}

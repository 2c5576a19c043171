/** @file Which pixel of a boundary map stands for which pixel of another one: a one-to-one assignment. */
import type { Size } from "../../fields/size.js";
import { priorityQueue } from "./queue.js";

/** What a pixel without a partner costs, in units of the largest distance. */
const UNMATCHED = 100;

/** Marks a pixel that has no partner. */
export const NONE = -1;

/** Places within reach of a pixel, the nearest first. */
function disc(
  reach: number,
  stride: number,
): { readonly offset: Int32Array; readonly distance: Float64Array } {
  const whole = Math.floor(reach);
  const places: { offset: number; distance: number }[] = [];
  for (let y = -whole; y <= whole; y++) {
    for (let x = -whole; x <= whole; x++) {
      if (y * y + x * x <= reach * reach) places.push({ offset: y * stride + x, distance: Math.hypot(y, x) });
    }
  }
  places.sort((a, b) => a.distance - b.distance || a.offset - b.offset);
  return {
    offset: Int32Array.from(places, ({ offset }) => offset),
    distance: Float64Array.from(places, ({ distance }) => distance),
  };
}

/** Partners of the predicted pixels among the true ones, by pixel: `NONE` where there is none. */
export type Correspondence = (predicted: Uint8Array, truth: Uint8Array) => Int32Array;

/**
 * Assignments between masks [H,W] of zeros and ones whose pixels may be partners up to `reach` pixels apart
 * (the distance itself included). Of all one-to-one assignments that with the least cost: the distance of
 * every pair, and 100 `reach` for every pixel of either mask without a partner (Martin, Fowlkes and Malik
 * 2004). So as many pixels as possible have partners, and then partners are as near as possible. Of several
 * of least cost the same one is taken every time. The benchmark's own program approximates this with random
 * edges and costs in whole hundredths.
 *
 * Exact: predicted pixels enter one after the other, each on a shortest augmenting path (Jonker and Volgenant
 * 1987) over true pixels' potentials. The memory is made once; a result holds until the next call.
 */
export function correspondence({ height, width }: Size, reach: number): Correspondence {
  const margin = Math.floor(reach);
  const stride = width + 2 * margin;
  const area = stride * (height + 2 * margin);
  const { offset, distance } = disc(reach, stride);
  // Both sides' costs: a pair saves two pixels without a partner.
  const alone = 2 * UNMATCHED * reach;
  const isTrue = new Uint8Array(area);
  /** By true pixel: the predicted one it belongs to, and its potential. */
  const owner = new Int32Array(area);
  const potential = new Float64Array(area);
  /** By predicted pixel: the true one that belongs to it. */
  const partner = new Int32Array(area);
  // The path at hand, by true pixel: its length so far, from which predicted pixel, and in which search.
  const length = new Float64Array(area);
  const from = new Int32Array(area);
  const seen = new Int32Array(area);
  const settled = new Int32Array(area);
  const partners = new Int32Array(height * width);
  const plain = (at: number) => (Math.floor(at / stride) - margin) * width + (at % stride) - margin;
  const queue = priorityQueue();
  let search = 0;

  /** Gives true pixel `end` to the predicted one that reached it, and so back to the start. */
  const assign = (start: number, end: number): void => {
    let place = end;
    for (;;) {
      const row = from[place];
      const before = partner[row];
      owner[place] = row;
      partner[row] = place;
      if (row === start) return;
      place = before;
    }
  };

  /** The true pixel nearest to a predicted one by distance and potential; `NONE` where alone is better. */
  const nearest = (row: number): number => {
    let [best, least] = [NONE, alone];
    for (let k = 0; k < offset.length; k++) {
      const place = row + offset[k];
      if (isTrue[place] === 0 || distance[k] - potential[place] >= least) continue;
      [best, least] = [place, distance[k] - potential[place]];
    }
    return best;
  };

  /** Finds the shortest augmenting path from a predicted pixel, and changes the assignment along it. */
  const augment = (start: number): void => {
    search++;
    queue.clear();
    const visited: number[] = [];
    // The path that ends in leaving a predicted pixel alone, and which one.
    let [leave, left] = [alone, start];
    let [row, base] = [start, 0];
    for (;;) {
      for (let k = 0; k < offset.length; k++) {
        const place = row + offset[k];
        if (isTrue[place] === 0 || settled[place] === search) continue;
        const total = base + distance[k] - potential[place];
        if (seen[place] === search && total >= length[place]) continue;
        seen[place] = search;
        length[place] = total;
        from[place] = row;
        queue.add(place, total);
      }
      let next = queue.take();
      while (next !== undefined && settled[next.item] === search) next = queue.take();
      const end = Math.min(next?.cost ?? Number.POSITIVE_INFINITY, leave);
      if (next === undefined || next.cost >= leave || owner[next.item] === NONE) {
        for (const place of visited) potential[place] += length[place] - end;
        if (next !== undefined && next.cost < leave) assign(start, next.item);
        else if (left !== start) {
          // Another pixel is left alone, and what it had goes along the path.
          const freed = partner[left];
          partner[left] = NONE;
          assign(start, freed);
        }
        return;
      }
      const place = next.item;
      settled[place] = search;
      visited.push(place);
      row = owner[place];
      // A pixel's own partner is the cheapest that it could have.
      base = next.cost - (apart(row, place, stride) - potential[place]);
      if (base + alone < leave) [leave, left] = [base + alone, row];
    }
  };

  const enter = (row: number): void => {
    const place = nearest(row);
    if (place === NONE) return;
    if (owner[place] === NONE) {
      owner[place] = row;
      partner[row] = place;
    } else augment(row);
  };

  return (predicted, truth) => {
    isTrue.fill(0);
    owner.fill(NONE);
    potential.fill(0);
    partner.fill(NONE);
    const rows: number[] = [];
    for (let y = 0; y < height; y++) {
      const line = (y + margin) * stride + margin;
      for (let x = 0; x < width; x++) {
        if (truth[y * width + x] === 1) isTrue[line + x] = 1;
        if (predicted[y * width + x] === 1) rows.push(line + x);
      }
    }
    for (const row of rows) enter(row);
    partners.fill(NONE);
    for (const row of rows) if (partner[row] !== NONE) partners[plain(row)] = plain(partner[row]);
    return partners;
  };
}

/** Distance of two pixels of a plane. */
function apart(a: number, b: number, stride: number): number {
  return Math.hypot(Math.floor(a / stride) - Math.floor(b / stride), (a % stride) - (b % stride));
}

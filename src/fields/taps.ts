/**
 * @file Taps: which source positions an output position of one axis is made of. Every rule (box, bilinear,
 * nearest) is a list of taps an axis, so images, labels and validity go through the same arithmetic, and the
 * same values come out on every machine.
 */
import type { Stretch, Window } from "./move.js";
import type { Size } from "./size.js";

/**
 * What each output position of one axis is made of: `count` source indices and weights (summing to 1) each.
 */
export interface Taps {
  readonly length: number;
  readonly count: number;
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

function makeTaps(length: number, count: number, fill: (out: number) => (readonly [number, number])[]): Taps {
  const index = new Int32Array(length * count);
  const weight = new Float32Array(length * count);
  for (let out = 0; out < length; out++) {
    fill(out).forEach(([source, share], k) => {
      index[out * count + k] = source;
      weight[out * count + k] = share;
    });
  }
  return { length, count, index, weight };
}

/**
 * Bilinear with aligned corners: the first and last output positions fall on the first and last of `size`
 * source positions from `start` (torch's `align_corners=True`).
 */
export function alignedTaps(start: number, size: number, length: number): Taps {
  const step = length === 1 ? 0 : (size - 1) / (length - 1);
  return makeTaps(length, 2, (out) => {
    const at = out * step;
    const low = Math.min(Math.floor(at), size - 1);
    const high = Math.min(low + 1, size - 1);
    return [
      [start + low, 1 - (at - low)],
      [start + high, at - low],
    ];
  });
}

/** The source position nearest to where `alignedTaps` samples, so that labels stay on their image. */
export function alignedNearestTaps(start: number, size: number, length: number): Taps {
  const step = length === 1 ? 0 : (size - 1) / (length - 1);
  return makeTaps(length, 1, (out) => [[start + Math.floor(out * step + 0.5), 1]]);
}

/**
 * Bilinear with pixel centres aligned when enlarging; when reducing, the triangle grows with the ratio so
 * that every source pixel counts (Pillow's BILINEAR, torch's `antialias=True`).
 */
export function triangleTaps(size: number, length: number): Taps {
  const ratio = size / length;
  const reach = Math.max(1, ratio);
  const lists = Array.from({ length }, (_, out) => {
    const centre = (out + 0.5) * ratio - 0.5;
    const taps: [number, number][] = [];
    for (let source = Math.ceil(centre - reach); source <= Math.floor(centre + reach); source++) {
      const weight = 1 - Math.abs(source - centre) / reach;
      if (weight > 0 && source >= 0 && source < size) taps.push([source, weight]);
    }
    const sum = taps.reduce((total, [, weight]) => total + weight, 0);
    return taps.map(([source, weight]) => [source, weight / sum] as const);
  });
  return makeTaps(length, Math.max(...lists.map((taps) => taps.length)), (out) => lists[out]);
}

/** The source pixel that holds the output pixel's centre. */
export function nearestTaps(size: number, length: number): Taps {
  return makeTaps(length, 1, (out) => [[Math.min(Math.floor(((out + 0.5) * size) / length), size - 1), 1]]);
}

/**
 * All source pixels whose centres lie in the output pixel: each falls into just one. Where none does, as when
 * enlarging, the source pixel that holds the output pixel's centre.
 */
export function binTaps(size: number, length: number): Taps {
  const bins = Array.from({ length }, (): number[] => []);
  for (let source = 0; source < size; source++) {
    bins[Math.min(Math.floor(((source + 0.5) * length) / size), length - 1)].push(source);
  }
  const nearest = nearestTaps(size, length);
  const lists = bins.map((bin, out) => (bin.length > 0 ? bin : [nearest.index[out]]));
  return makeTaps(length, Math.max(...lists.map((list) => list.length)), (out) =>
    lists[out].map((source) => [source, 1 / lists[out].length] as const),
  );
}

/**
 * How a map is sampled anew. `nearest`: a copy of one pixel. `bilinear`: means, over every pixel where it
 * shrinks. `thin`: where it shrinks, the largest value of the pixels that fall into one, for lines of a
 * pixel's width; else as `nearest`. `pooled`: where it shrinks, the mean of the valid ones of those, for
 * values at few pixels; else as `nearest`.
 */
export type Resampling = "nearest" | "bilinear" | "thin" | "pooled";

/** The taps of the output positions from `from` to `to` (exclusive). */
export function tapsBetween({ count, index, weight }: Taps, from: number, to: number): Taps {
  const [start, end] = [from * count, to * count];
  return { length: to - from, count, index: index.subarray(start, end), weight: weight.subarray(start, end) };
}

/** The taps of a move, rows and columns, by the rule that its map is sampled by. */
export function tapsOf(
  move: Window | Stretch,
  size: Size,
  rule: Resampling,
): { readonly rows: Taps; readonly columns: Taps } {
  if (move.kind === "window") {
    // A window only ever enlarges.
    const taps = rule === "bilinear" ? alignedTaps : alignedNearestTaps;
    return {
      rows: taps(move.top, move.rows, size.height),
      columns: taps(move.left, move.columns, size.width),
    };
  }
  const taps = { nearest: nearestTaps, bilinear: triangleTaps, thin: binTaps, pooled: binTaps }[rule];
  return { rows: taps(size.height, move.height), columns: taps(size.width, move.width) };
}

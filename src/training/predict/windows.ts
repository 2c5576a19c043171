/** @file Windows that overlap along one side of an image, and the shares by which they are blended. */

/**
 * Where windows of `side` pixels begin that cover `length` pixels, the next one `side * (1 - overlap)` pixels
 * on; the last one is shifted inwards to end where the image does. One window where it covers all.
 */
export function windowStarts(length: number, side: number, overlap: number): number[] {
  const step = Math.max(1, Math.round(side * (1 - overlap)));
  const last = Math.max(0, length - side);
  return Array.from({ length: Math.ceil(last / step) + 1 }, (_, i) => Math.min(i * step, last));
}

/**
 * Shares of each window in the pixels that it covers, positive, falling smoothly (sin²) from its middle to
 * its edges: those of all windows over one pixel sum to 1.
 */
export function blendShares(starts: readonly number[], side: number, length: number): Float64Array[] {
  const weight = Float64Array.from({ length: side }, (_, i) => Math.sin((Math.PI * (i + 0.5)) / side) ** 2);
  const total = new Float64Array(length);
  const covered = (start: number) => Math.min(side, length - start);
  for (const start of starts) for (let i = 0; i < covered(start); i++) total[start + i] += weight[i];
  return starts.map((start) => weight.slice(0, covered(start)).map((value, i) => value / total[start + i]));
}

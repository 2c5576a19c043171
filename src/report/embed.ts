/**
 * @file Features laid out in the plane so that neighbours stay neighbours: t-SNE (van der Maaten and Hinton
 * 2008).
 */

export interface EmbedOptions {
  /** About how many neighbours count; at most a third of the points is taken. */
  readonly perplexity: number;
  readonly iterations: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** Steps between two looks at the clock: others get their turn, and progress is told. */
const PIECE = 10;

/**
 * The place of each row. Features are first brought to unit length, as those compared by cosines are. Time
 * and memory grow with the square of the rows: 1000 take about ten seconds for 500 iterations.
 */
export async function embed(
  rows: readonly Float32Array[],
  { perplexity, iterations, seed, onProgress }: EmbedOptions,
): Promise<(readonly [number, number])[]> {
  // Too few to have neighbours.
  if (rows.length < 4) return rows.map((_, i) => [i, 0]);
  const { TSNE } = await import("@saehrimnir/druidjs");
  const unit = rows.map((row) => {
    const length = Math.hypot(...row) || 1;
    return Array.from(row, (value) => value / length);
  });
  const tsne = new TSNE(unit, { d: 2, perplexity: Math.min(perplexity, (rows.length - 1) / 3), seed });
  let places: readonly (readonly number[])[] = [];
  let done = 0;
  for (const projection of tsne.generator(iterations)) {
    places = projection;
    done++;
    if (done % PIECE !== 0 && done < iterations) continue;
    onProgress?.(done, iterations);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return places.map(([x, y]) => [x, y]);
}

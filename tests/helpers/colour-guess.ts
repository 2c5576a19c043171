/** @file How far colour alone tells the class of a pixel. */
import type { RenderedSample } from "../../src/worlds/world.js";

/**
 * Mean over classes of intersection over union of a guess by colour alone: the class most often seen in a
 * colour cell.
 */
export function colourGuess(
  known: readonly RenderedSample[],
  asked: readonly RenderedSample[],
  classes: number,
  bits: number,
): number {
  const cell = (data: Uint8Array, i: number) =>
    [0, 1, 2].reduce((sum, c) => (sum << bits) | (data[3 * i + c] >> (8 - bits)), 0);
  const seen = new Float64Array(2 ** (3 * bits) * classes);
  for (const { image, labels, instances } of known) {
    for (let i = 0; i < instances.length; i++)
      seen[cell(image.data, i) * classes + labels.segmentation.data[i]]++;
  }
  // Colours never seen are guessed to be the commonest class.
  const prior = Float64Array.from({ length: classes }, (_, c) =>
    seen.reduce((sum, count, i) => (i % classes === c ? sum + count : sum), 0),
  );
  for (let i = 0; i < seen.length; i++) seen[i] += 1e-9 * prior[i % classes];
  const both = new Float64Array(classes);
  const either = new Float64Array(classes);
  for (const { image, labels, instances } of asked) {
    for (let i = 0; i < instances.length; i++) {
      const from = cell(image.data, i) * classes;
      const counts = seen.subarray(from, from + classes);
      const guess = counts.indexOf(Math.max(...counts));
      const truth = labels.segmentation.data[i];
      either[truth]++;
      if (guess === truth) both[truth]++;
      else either[guess]++;
    }
  }
  return both.reduce((sum, hits, c) => sum + (either[c] > 0 ? hits / either[c] : 0), 0) / classes;
}

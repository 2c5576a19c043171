/** @file Precision and recall of boundaries over thresholds, and the numbers that they come to. */

/** Pixels by threshold, from the lowest to the highest, of one image or summed over several. */
export interface BoundaryCounts {
  /** True boundary pixels with a partner, over all annotators. */
  readonly matchedTruth: Float64Array;
  /** True boundary pixels, over all annotators. */
  readonly truth: Float64Array;
  /** Predicted pixels that have a partner with at least one annotator. */
  readonly matchedPrediction: Float64Array;
  readonly prediction: Float64Array;
}

export function emptyCounts(thresholds: number): BoundaryCounts {
  const zeros = () => new Float64Array(thresholds);
  return { matchedTruth: zeros(), truth: zeros(), matchedPrediction: zeros(), prediction: zeros() };
}

/** Adds counts to `sum`, in place; of threshold `from` alone to its only one where that is given. */
export function addCounts(sum: BoundaryCounts, counts: BoundaryCounts, from?: number): void {
  for (const key of Object.keys(sum) as (keyof BoundaryCounts)[]) {
    if (from !== undefined) sum[key][0] += counts[key][from];
    else for (let t = 0; t < sum[key].length; t++) sum[key][t] += counts[key][t];
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Their harmonic mean, 0 where both are 0. */
function fScore(precision: number, recall: number): number {
  return share(2 * precision * recall, precision + recall);
}

function recallAt(counts: BoundaryCounts, t: number): number {
  return share(counts.matchedTruth[t], counts.truth[t]);
}

function precisionAt(counts: BoundaryCounts, t: number): number {
  return share(counts.matchedPrediction[t], counts.prediction[t]);
}

/** The threshold at which the F-score is the largest, the first of several. */
export function bestThreshold(counts: BoundaryCounts): number {
  const scores = Array.from(counts.truth, (_, t) => fScore(precisionAt(counts, t), recallAt(counts, t)));
  return scores.indexOf(Math.max(...scores));
}

/** Steps from one threshold to the next at which the F-score is looked at. */
const STEPS = 99;

/**
 * The largest F-score at one threshold for all: between neighbouring thresholds precision and recall are
 * interpolated linearly, at 100 places, both ends included.
 */
export function bestFScore(counts: BoundaryCounts): number {
  const best = bestThreshold(counts);
  let highest = fScore(precisionAt(counts, best), recallAt(counts, best));
  for (let t = 1; t < counts.truth.length; t++) {
    for (let step = 1; step < STEPS; step++) {
      const between = (at: typeof recallAt) =>
        at(counts, t - 1) + (step / STEPS) * (at(counts, t) - at(counts, t - 1));
      highest = Math.max(highest, fScore(between(precisionAt), between(recallAt)));
    }
  }
  return highest;
}

/**
 * Area under precision over recall: precision at recalls 0, 0.01 to 1, linear between those that the
 * thresholds reach (of several of one recall that of the lowest threshold), 0 beyond them, times 0.01; so it
 * can come to 1.01. 0 where all thresholds have one recall.
 */
export function averagePrecision(counts: BoundaryCounts): number {
  const byRecall = new Map<number, number>();
  counts.truth.forEach((_, t) => {
    const recall = recallAt(counts, t);
    if (!byRecall.has(recall)) byRecall.set(recall, precisionAt(counts, t));
  });
  const points = [...byRecall].sort(([a], [b]) => a - b);
  let sum = 0;
  for (let i = 0; i <= 100; i++) {
    const above = points.findIndex(([recall]) => recall >= i / 100);
    if (above < 0) continue;
    const [recall, precision] = points[above];
    if (recall === i / 100 && points.length > 1) sum += precision;
    else if (above > 0) {
      const [lower, before] = points[above - 1];
      sum += before + ((i / 100 - lower) / (recall - lower)) * (precision - before);
    }
  }
  return sum / 100;
}

/** @file Boundaries measured as the BSDS benchmark does. */
import { requireSameSize } from "../maps.js";
import type { LabelMap, MeasuredImage, MetricAccumulator, PredictionMap } from "../task.js";
import { type Correspondence, correspondence, NONE } from "./correspondence.js";
import {
  addCounts,
  averagePrecision,
  type BoundaryCounts,
  bestFScore,
  bestThreshold,
  emptyCounts,
} from "./scores.js";
import type { BoundariesSpec } from "./spec.js";
import { thinned } from "./thin.js";

/** What of the spec decides how predictions are measured. */
type Rules = Pick<BoundariesSpec, "annotators" | "thresholds" | "thinning">;

/** Sets of marked pixels, by annotator; of those who marked any. */
function annotatorsOf(label: LabelMap, image: MeasuredImage): Uint8Array[] {
  const area = label.height * label.width;
  const resized = label.height !== image.height || label.width !== image.width;
  const planes = Array.from({ length: label.channels }, (_, each) =>
    label.valid.map((valid, pixel) => Number(valid === 1 && label.data[each * area + pixel] > 0.5)),
  );
  // Lines are wider than a pixel where two of theirs fell into neighbouring ones.
  const lines = resized ? planes.map((plane) => thinned(plane, label)) : planes;
  return lines.filter((plane) => plane.includes(1));
}

function sumOf(mask: Uint8Array): number {
  let sum = 0;
  for (let pixel = 0; pixel < mask.length; pixel++) sum += mask[pixel];
  return sum;
}

function sameMask(a: Uint8Array, b: Uint8Array): boolean {
  for (let pixel = 0; pixel < a.length; pixel++) if (a[pixel] !== b[pixel]) return false;
  return true;
}

/** Valid pixels at or above a threshold. */
function maskAbove({ data }: PredictionMap, { valid }: LabelMap, threshold: number): Uint8Array {
  const mask = new Uint8Array(valid.length);
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (valid[pixel] === 1 && data[pixel] >= threshold) mask[pixel] = 1;
  }
  return mask;
}

/** Pixels with partners, of one mask against all annotators: theirs together, and its own, each once. */
function matched(mask: Uint8Array, truths: readonly Uint8Array[], match: Correspondence): [number, number] {
  const own = new Uint8Array(mask.length);
  let theirs = 0;
  for (const truth of truths) {
    const partners = match(mask, truth);
    for (let pixel = 0; pixel < own.length; pixel++) {
      if (partners[pixel] === NONE) continue;
      theirs++;
      own[pixel] = 1;
    }
  }
  return [theirs, sumOf(own)];
}

/**
 * Counts of one image at thresholds k / (n + 1), k = 1 to n: the map at or above each (only valid pixels),
 * thinned, against every annotator's boundaries alone.
 */
function boundaryCounts(
  prediction: PredictionMap,
  label: LabelMap,
  image: MeasuredImage,
  rules: Rules,
  match: Correspondence,
): BoundaryCounts {
  const truths = annotatorsOf(label, image);
  const truth = truths.reduce((sum, each) => sum + sumOf(each), 0);
  const counts = emptyCounts(rules.thresholds);
  let before: { mask: Uint8Array; found: [number, number] } | undefined;
  for (let t = 0; t < rules.thresholds; t++) {
    const above = maskAbove(prediction, label, (t + 1) / (rules.thresholds + 1));
    const mask = rules.thinning ? thinned(above, label) : above;
    const same = before !== undefined && sameMask(before.mask, mask);
    const found = same ? before!.found : matched(mask, truths, match);
    before = { mask, found };
    counts.truth[t] = truth;
    counts.prediction[t] = sumOf(mask);
    [counts.matchedTruth[t], counts.matchedPrediction[t]] = found;
  }
  return counts;
}

/** Counts of images added up; images without a valid pixel are left out. */
export function boundariesAccumulator(spec: BoundariesSpec): MetricAccumulator {
  const all = emptyCounts(spec.thresholds);
  const bestOfEach = emptyCounts(1);
  const matchers = new Map<string, Correspondence>();
  let images = 0;
  const matcherOf = (size: { readonly height: number; readonly width: number }) => {
    const key = `${size.height}x${size.width}`;
    const made =
      matchers.get(key) ?? correspondence(size, spec.tolerance * Math.hypot(size.height, size.width));
    matchers.set(key, made);
    return made;
  };
  return {
    update(prediction, label, image) {
      requireSameSize(prediction, label);
      if (!label.valid.includes(1)) return;
      const counts = boundaryCounts(prediction, label, image, spec, matcherOf(label));
      addCounts(all, counts);
      addCounts(bestOfEach, counts, bestThreshold(counts));
      images++;
    },
    result: () =>
      images === 0
        ? { ods: Number.NaN, ois: Number.NaN, ap: Number.NaN }
        : {
            ods: 100 * bestFScore(all),
            ois: 100 * bestFScore(bestOfEach),
            ap: 100 * averagePrecision(all),
          },
  };
}

/**
 * @file Average precision of 3D boxes as KITTI's benchmark defines it (Geiger et al. 2012), over 40 recalls
 * (Simonelli et al. 2019).
 */
import { boxIous, type OverlapMeasure } from "../../geometry/boxes/overlap.js";
import type { DetectionFrame, LabelledBox, PredictedBox, SeenFacts } from "./frames.js";

export const KITTI_DIFFICULTIES = ["easy", "moderate", "hard"] as const;
export type KittiDifficulty = (typeof KITTI_DIFFICULTIES)[number];

export interface KittiLabel extends LabelledBox, SeenFacts {}

export interface KittiPrediction extends PredictedBox {
  /** Of the box in the image, pixels. */
  readonly imageHeight: number;
}

export interface KittiOptions {
  /** The one class that is measured. */
  readonly class: string;
  /** Labelled boxes of this class are neither wanted nor wrong: `Van` beside `Car`, `Person_sitting`. */
  readonly neighbour?: string;
  /** A match overlaps by more than this: 0.7 for cars, 0.5 for pedestrians and cyclists. */
  readonly overlap: number;
  readonly measure: OverlapMeasure;
  readonly difficulty: KittiDifficulty;
}

/** Labels beyond these are not wanted: least height, most occlusion and truncation. */
const LIMITS = {
  easy: { height: 40, occlusion: 0, truncation: 0.15 },
  moderate: { height: 25, occlusion: 1, truncation: 0.3 },
  hard: { height: 25, occlusion: 2, truncation: 0.5 },
} as const;

const RECALLS = 40;

type Role = "counts" | "neutral" | "absent";

/** A frame with what each box is there for, and overlaps [labelled, predicted]. */
interface Prepared {
  readonly labels: readonly Role[];
  readonly predictions: readonly Role[];
  readonly scores: readonly number[];
  readonly overlaps: Float64Array;
}

function prepare(
  { labelled, predicted }: DetectionFrame<KittiLabel, KittiPrediction>,
  by: KittiOptions,
): Prepared {
  const limit = LIMITS[by.difficulty];
  const labelRole = (one: KittiLabel): Role => {
    if (one.class !== by.class) return one.class === by.neighbour ? "neutral" : "absent";
    const wanted =
      one.imageHeight > limit.height &&
      one.occlusion <= limit.occlusion &&
      one.truncation <= limit.truncation;
    return wanted ? "counts" : "neutral";
  };
  // Low boxes are neutral whatever their class, as in the benchmark's own program.
  const predictionRole = (one: KittiPrediction): Role =>
    one.imageHeight < limit.height ? "neutral" : one.class === by.class ? "counts" : "absent";
  const boxes = (list: readonly (KittiLabel | KittiPrediction)[]) => list.map(({ box }) => box);
  return {
    labels: labelled.map(labelRole),
    predictions: predicted.map(predictionRole),
    scores: predicted.map(({ score }) => score),
    overlaps: boxIous(boxes(labelled), boxes(predicted), by.measure),
  };
}

/**
 * The free prediction that a label takes, or -1: of those that count the one with the most overlap, else the
 * first neutral one.
 */
function partnerAt(frame: Prepared, label: number, free: (i: number) => boolean, overlap: number): number {
  const { predictions, overlaps } = frame;
  let best = -1;
  let most = overlap;
  predictions.forEach((role, i) => {
    const iou = overlaps[label * predictions.length + i];
    if (role === "absent" || !free(i) || !(iou > overlap)) return;
    if (role === "neutral") {
      if (best < 0) best = i;
    } else if (iou > most || predictions[best] === "neutral") {
      best = i;
      most = iou;
    }
  });
  return best;
}

/** Scores of the matches where every label takes the free prediction with the highest score. */
function matchedScores(frame: Prepared, overlap: number): number[] {
  const { labels, predictions, scores, overlaps } = frame;
  const taken = new Set<number>();
  return labels.flatMap((role, label) => {
    if (role === "absent") return [];
    let best = -1;
    predictions.forEach((of, i) => {
      if (of === "absent" || taken.has(i) || !(overlaps[label * predictions.length + i] > overlap)) return;
      if (best < 0 || scores[i] > scores[best]) best = i;
    });
    if (best < 0) return [];
    taken.add(best);
    return role === "counts" && predictions[best] === "counts" ? [scores[best]] : [];
  });
}

/** Scores at which the recall comes nearest to 0, 1/40, ... of `wanted` labels; at most 41, falling. */
function cutsAt(matches: readonly number[], wanted: number): number[] {
  const scores = [...matches].sort((a, b) => b - a);
  const cuts: number[] = [];
  let recall = 0;
  scores.forEach((score, i) => {
    const last = i === scores.length - 1;
    const here = (i + 1) / wanted;
    const next = last ? here : (i + 2) / wanted;
    if (!last && next - recall < recall - here) return;
    cuts.push(score);
    recall += 1 / RECALLS;
  });
  return cuts;
}

/** Right and wrong predictions of a frame with scores from `cut` on. */
function countAt(frame: Prepared, cut: number, overlap: number): { right: number; wrong: number } {
  const { labels, predictions, scores } = frame;
  const taken = new Set<number>();
  let right = 0;
  labels.forEach((role, label) => {
    if (role === "absent") return;
    const best = partnerAt(frame, label, (i) => !taken.has(i) && scores[i] >= cut, overlap);
    if (best < 0) return;
    taken.add(best);
    if (role === "counts" && predictions[best] === "counts") right++;
  });
  const wrong = predictions.filter((role, i) => role === "counts" && scores[i] >= cut && !taken.has(i));
  return { right, wrong: wrong.length };
}

/**
 * The mean of the precision at recalls 1/40 to 1, each the largest at that recall or a higher one; 0 to 1, or
 * null where no label of the difficulty is there.
 */
export function kittiPrecision(
  frames: readonly DetectionFrame<KittiLabel, KittiPrediction>[],
  by: KittiOptions,
): number | null {
  const prepared = frames.map((frame) => prepare(frame, by));
  const wanted = prepared.flatMap(({ labels }) => labels).filter((role) => role === "counts").length;
  if (wanted === 0) return null;
  const cuts = cutsAt(
    prepared.flatMap((frame) => matchedScores(frame, by.overlap)),
    wanted,
  );
  const precisions = cuts.map((cut) => {
    const sums = prepared.map((frame) => countAt(frame, cut, by.overlap));
    const right = sums.reduce((sum, each) => sum + each.right, 0);
    const wrong = sums.reduce((sum, each) => sum + each.wrong, 0);
    return right + wrong === 0 ? 0 : right / (right + wrong);
  });
  let most = 0;
  let sum = 0;
  for (let k = precisions.length - 1; k >= 1; k--) {
    most = Math.max(most, precisions[k]);
    if (k <= RECALLS) sum += most;
  }
  return sum / RECALLS;
}

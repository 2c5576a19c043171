/**
 * @file Average precision of 3D boxes as the Waymo Open Dataset defines it (Sun et al. 2020), with (APH) and
 * without (AP) regard to headings.
 */
import { wrapAngle } from "../../geometry/boxes/box.js";
import { boxIous, type OverlapMeasure } from "../../geometry/boxes/overlap.js";
import { bestAssignment, UNASSIGNED } from "./assignment.js";
import type { DetectionFrame, LabelledBox, Level, PredictedBox } from "./frames.js";
import { averagePrecision } from "./precision-curve.js";

/** Metres from the origin: a box belongs to a range from its start on, up to its end. */
export type Range = readonly [from: number, to: number];

/** The benchmark's own ranges. */
export const WAYMO_RANGES: readonly Range[] = [
  [0, 30],
  [30, 50],
  [50, Infinity],
];

export interface WaymoOptions {
  /** The one class that is measured. */
  readonly class: string;
  /** Least intersection over union of a match: 0.7 for vehicles, 0.5 for all others. */
  readonly overlap: number;
  readonly measure: OverlapMeasure;
  /** Level 1 is the easier part, level 2 is all. */
  readonly level: Level;
  /** Boxes of this range alone, labelled and predicted ones each by their own centre. Default all. */
  readonly range?: Range;
}

export interface WaymoPrecision {
  /** 0 to 1; null where no box of the level is labelled. */
  readonly ap: number | null;
  /** The same, each match weighted by 1 - (angle between the headings) / pi. */
  readonly aph: number | null;
}

/** Scores are cut at 0, 0.01, ... 1. */
const CUTS = 101;
/** Overlaps are compared in whole steps of a millionth. */
const STEPS = 1e6;
/** A box without a level is of level 2 with so few points. */
const FEW_POINTS = 5;

/** Sums over frames at one cut. */
interface Counts {
  matched: number;
  /** Sum of the matches' heading weights. */
  headings: number;
  wrong: number;
  missed: number;
}

function levelOf({ level, points = Infinity }: LabelledBox): Level {
  return level ?? (points <= FEW_POINTS ? 2 : 1);
}

function inRange({ box }: { readonly box: LabelledBox["box"] }, [from, to]: Range): boolean {
  const distance = Math.hypot(...box.centre);
  return distance >= from && distance < to;
}

/** 1 where two boxes head alike, 0 where they head in opposite directions. */
function headingWeight(a: LabelledBox, b: PredictedBox): number {
  return 1 - Math.abs(wrapAngle(a.box.yaw - b.box.yaw)) / Math.PI;
}

/** Adds a frame's counts at every cut; `frame` holds what is measured and nothing else. */
function addFrame(
  counts: readonly Counts[],
  { labelled, predicted }: DetectionFrame,
  by: WaymoOptions,
): void {
  const all = boxIous(
    predicted.map(({ box }) => box),
    labelled.map(({ box }) => box),
    by.measure,
  ).map((iou) => (iou >= by.overlap ? Math.round(STEPS * iou) : 0));
  const columns = labelled.length;
  let count = -1;
  let partner: Int32Array = new Int32Array();
  counts.forEach((sum, k) => {
    const chosen = [...predicted.keys()].filter((i) => predicted[i].score >= k / (CUTS - 1));
    // A higher cut leaves fewer or the same.
    if (chosen.length !== count) {
      const weights = chosen.flatMap((i) => [...all.subarray(i * columns, (i + 1) * columns)]);
      partner = bestAssignment(weights, chosen.length, columns);
      count = chosen.length;
    }
    const found = new Set<number>(partner);
    chosen.forEach((i, row) => {
      if (partner[row] !== UNASSIGNED) {
        sum.matched++;
        sum.headings += headingWeight(labelled[partner[row]], predicted[i]);
      } else if (predicted[i].unlabelledZone !== true) sum.wrong++;
    });
    sum.missed += labelled.filter((one, j) => !found.has(j) && levelOf(one) <= by.level).length;
  });
}

/**
 * AP and APH over frames. At each cut, predictions of that score or a higher one are assigned to labelled
 * boxes such that the sum of the overlaps is greatest, whatever their scores; a match with a box of level 2
 * counts at level 1 too, where missing it does not. Labelled boxes without points are left out.
 */
export function waymoPrecision(frames: readonly DetectionFrame[], by: WaymoOptions): WaymoPrecision {
  const range = by.range ?? [0, Infinity];
  const counts = Array.from({ length: CUTS }, () => ({ matched: 0, headings: 0, wrong: 0, missed: 0 }));
  let wanted = 0;
  for (const frame of frames) {
    const labelled = frame.labelled.filter(
      (one) => one.class === by.class && one.points !== 0 && inRange(one, range),
    );
    const predicted = frame.predicted.filter((one) => one.class === by.class && inRange(one, range));
    wanted += labelled.filter((one) => levelOf(one) <= by.level).length;
    addFrame(counts, { labelled, predicted }, by);
  }
  if (wanted === 0) return { ap: null, aph: null };
  const curve = (hits: "matched" | "headings") =>
    counts
      .filter(({ matched }) => matched > 0)
      .map(({ matched, wrong, missed, [hits]: sum }) => ({
        recall: matched / (matched + missed),
        precision: sum / (matched + wrong),
      }));
  return { ap: averagePrecision(curve("matched")), aph: averagePrecision(curve("headings")) };
}

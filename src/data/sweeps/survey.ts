/** @file What becomes of the points and boxes of many sweeps: what is used, and what is not by its cause. */
import { UserError } from "../../common/errors.js";
import { fillPillars, PILLAR_CHANNELS, type PillarLimits } from "../../fields/pillars.js";
import type { PillarPlan } from "../../fields/sweep.js";
import type { BoxesSpec } from "../../tasks/boxes3d/spec.js";
import { type BoxMeasures, measureBoxes } from "./box-measures.js";
import { soundBoxes } from "./sound-boxes.js";
import type { SweepSource } from "./source.js";
import { BOXES, type SweepDataset } from "./sweep-dataset.js";

/** Limits where nothing is said of a network. */
const USUAL: PillarLimits = { pillars: 32000, points: 20 };

/** Sums over sweeps. */
export interface SweepSurvey {
  sweeps: number;
  /** Sweeps without a single point in the grid. */
  empty: number;
  points: number;
  notFinite: number;
  outside: number;
  /** Beyond the most points of a pillar. */
  crowded: number;
  pillars: number;
  /** Beyond the most pillars of a sweep, and the points in them. */
  pillarsLeftOut: number;
  pointsLeftOut: number;
  boxes: number;
  sizeless: number;
  boxesOutside: number;
  /** Beyond the most boxes of a frame. */
  boxesTooMany: number;
  /** Boxes by class, those that are used. */
  classes: Record<string, number>;
  /** How large and far those are, and how many points they hold. */
  measures: Record<string, BoxMeasures>;
  /** Sweeps by what is amiss with them. */
  remarks: Record<string, number>;
}

function emptySurvey(): SweepSurvey {
  return {
    ...{ sweeps: 0, empty: 0, points: 0, notFinite: 0, outside: 0, crowded: 0 },
    ...{ pillars: 0, pillarsLeftOut: 0, pointsLeftOut: 0 },
    ...{ boxes: 0, sizeless: 0, boxesOutside: 0, boxesTooMany: 0, classes: {}, measures: {}, remarks: {} },
  };
}

/** Adds a sweep to the sums. Throws UserError where a file is damaged. */
async function surveySweep(
  sums: SweepSurvey,
  source: SweepSource,
  [split, id]: readonly [split: string, id: string],
  plan: PillarPlan,
  most: number,
): Promise<void> {
  const { points, remark } = await source.readSweep(split, id);
  const data = new Float32Array(PILLAR_CHANNELS * plan.pillars * plan.points);
  const counts = fillPillars(points, plan.grid, plan, { data, row: 0, rows: plan.pillars });
  sums.sweeps++;
  if (counts.pillars === 0) sums.empty++;
  if (remark !== undefined) sums.remarks[remark] = (sums.remarks[remark] ?? 0) + 1;
  for (const key of ["points", "notFinite", "outside", "crowded"] as const) sums[key] += counts[key];
  for (const key of ["pillars", "pillarsLeftOut", "pointsLeftOut"] as const) sums[key] += counts[key];
  if (!(await source.isLabelled(split, id))) return;
  const all = await source.readBoxes(split, id);
  const sound = soundBoxes(all, plan.grid, most);
  sums.boxes += all.length;
  sums.sizeless += sound.sizeless;
  sums.boxesOutside += sound.outside;
  sums.boxesTooMany += sound.tooMany;
  for (const box of sound.boxes) sums.classes[box.class] = (sums.classes[box.class] ?? 0) + 1;
  measureBoxes(sums.measures, sound.boxes, points);
}

const percent = (part: number, whole: number) => `${((100 * part) / whole).toPrecision(2)} %`;

/** What is worth a word of what is not used, a sentence each. */
function surveyRemarks(sums: SweepSurvey, plan: PillarPlan, most: number): string[] {
  const { sweeps, points, boxes } = sums;
  const inside = points - sums.notFinite - sums.outside;
  const of = `of ${sweeps} sweep${sweeps === 1 ? "" : "s"} looked at`;
  const remark = (count: number, text: string) => (count > 0 ? [`${of}, ${text}`] : []);
  return [
    ...remark(sums.empty, `${sums.empty} have no point in the grid`),
    ...Object.entries(sums.remarks).flatMap(([text, count]) => remark(count, `${count} ${text}`)),
    ...remark(sums.notFinite, `${sums.notFinite} points are no numbers and are left out`),
    ...(points > 0 && sums.outside > points / 2
      ? remark(sums.outside, `${percent(sums.outside, points)} of the points lie outside \`model.grid\``)
      : []),
    ...remark(
      sums.crowded,
      `${percent(sums.crowded, inside)} of the points are more than the ${plan.points} of their pillar (\`model.points\`)`,
    ),
    ...remark(
      sums.pillarsLeftOut,
      `${sums.pillarsLeftOut} pillars with ${sums.pointsLeftOut} points are more than ${plan.pillars} a sweep (\`model.pillars\`)`,
    ),
    ...remark(sums.sizeless, `${sums.sizeless} of ${boxes} boxes have no size and are left out`),
    ...remark(sums.boxesOutside, `${sums.boxesOutside} of ${boxes} boxes stand outside \`model.grid\``),
    ...remark(sums.boxesTooMany, `${sums.boxesTooMany} of ${boxes} boxes are more than ${most} a sweep`),
  ];
}

/** Looks at sweeps of a dataset one by one. */
export class Surveyed {
  readonly sums: SweepSurvey = emptySurvey();
  readonly #dataset: SweepDataset;
  readonly #plan: PillarPlan;
  readonly #most: number;

  constructor(dataset: SweepDataset, limits: PillarLimits = USUAL) {
    this.#dataset = dataset;
    this.#plan = { ...dataset.plan, pillars: limits.pillars, points: limits.points };
    this.#most = (dataset.info.tasks[BOXES] as BoxesSpec).most;
  }

  /** Leaves out a sweep that cannot be read: reading it as a sample says why. */
  async add(split: string, id: string): Promise<void> {
    try {
      await surveySweep(this.sums, this.#dataset.source, [split, id], this.#plan, this.#most);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }

  /** What is worth a word, a sentence each. */
  remarks(): string[] {
    return surveyRemarks(this.sums, this.#plan, this.#most);
  }
}

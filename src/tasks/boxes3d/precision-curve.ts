/** @file The area under precision over recall, as the Waymo Open Dataset has it (Sun et al. 2020). */

export interface CurvePoint {
  readonly recall: number;
  readonly precision: number;
}

/** Precision is taken at steps of recall of this width; where a curve leaps, its lower side fills them. */
const STEP = 0.05;
const ROUNDING = 1e-6;

/** The largest precision of each recall, by recall from high to low; precision 1 at recall 0. */
function outline(points: readonly CurvePoint[]): CurvePoint[] {
  const highest = new Map<number, number>([[0, 1]]);
  for (const { recall, precision } of points) {
    highest.set(recall, Math.max(highest.get(recall) ?? 0, precision));
  }
  return [...highest]
    .map(([recall, precision]) => ({ recall, precision }))
    .sort((a, b) => b.recall - a.recall);
}

/**
 * The average precision of a curve: at each recall the largest precision of this recall or a higher one,
 * integrated by trapezoids. Between two points more than 0.05 of recall apart the precision is that of the
 * higher recall but for the last 0.05; below the lowest recall it is that of the lowest recall.
 */
export function averagePrecision(points: readonly CurvePoint[]): number {
  const curve: CurvePoint[] = [];
  let most = 0;
  for (const { recall, precision } of outline(points)) {
    const last = curve.at(-1);
    if (last !== undefined) {
      for (let at = last.recall - STEP; at - recall > ROUNDING; at -= STEP) {
        curve.push({ recall: at, precision: most });
      }
    }
    most = recall === 0 ? (last === undefined ? 0 : most) : Math.max(most, precision);
    curve.push({ recall, precision: most });
  }
  let area = 0;
  for (let i = 1; i < curve.length; i++) {
    const [high, low] = [curve[i - 1], curve[i]];
    area += ((high.recall - low.recall) * (high.precision + low.precision)) / 2;
  }
  return area;
}

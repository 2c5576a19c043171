/** @file Curves of a run, out of its records. */
import type { EvaluationRecord, MetricsRecord } from "../runs/metrics-log.js";

/** A point of a curve; `low` and `high` span the values it stands for. */
export interface CurvePoint {
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

export interface RunCurves {
  /** By loss term, over steps. */
  readonly losses: ReadonlyMap<string, readonly CurvePoint[]>;
  /** By group of parameters, over steps. */
  readonly learningRates: ReadonlyMap<string, readonly CurvePoint[]>;
  /** By `task/metric`, over steps; of the split evaluated most often. */
  readonly metrics: ReadonlyMap<string, readonly CurvePoint[]>;
  readonly split: string | undefined;
}

/** Enough for a chart a few hundred pixels wide. */
const BUCKETS = 150;

/**
 * The curves in a run's records. Long ones are averaged in pieces; values that are no numbers are left out.
 */
export function curvesOf(records: readonly MetricsRecord[]): RunCurves {
  const losses = new Map<string, [number, number][]>();
  const learningRates = new Map<string, [number, number][]>();
  const evaluations: EvaluationRecord[] = [];
  for (const record of records) {
    if (record.kind === "evaluation") evaluations.push(record);
    else {
      for (const [group, rate] of Object.entries(record.learningRates))
        append(learningRates, group, record.step, rate);
      for (const [term, value] of Object.entries(record.losses))
        if (value !== null) append(losses, term, record.step, value);
    }
  }
  const split = mostFrequent(evaluations.map((evaluation) => evaluation.split));
  const metrics = new Map<string, [number, number][]>();
  for (const evaluation of evaluations) {
    if (evaluation.split !== split) continue;
    for (const [task, values] of Object.entries(evaluation.metrics)) {
      for (const [metric, value] of Object.entries(values))
        append(metrics, `${task}/${metric}`, evaluation.step, value);
    }
  }
  const thinned = (curves: Map<string, [number, number][]>) =>
    new Map([...curves].map(([name, points]) => [name, thin(points)] as const));
  return { losses: thinned(losses), learningRates: thinned(learningRates), metrics: thinned(metrics), split };
}

function append(curves: Map<string, [number, number][]>, name: string, x: number, y: number): void {
  const points = curves.get(name);
  if (points === undefined) curves.set(name, [[x, y]]);
  else points.push([x, y]);
}

/** At most `buckets` points: means of runs of neighbours, with their extremes. */
export function thin(points: readonly (readonly [number, number])[], buckets = BUCKETS): CurvePoint[] {
  const sound = points.filter(([, y]) => Number.isFinite(y));
  const size = Math.max(1, Math.ceil(sound.length / buckets));
  const thinned: CurvePoint[] = [];
  for (let start = 0; start < sound.length; start += size) {
    const bucket = sound.slice(start, start + size);
    const values = bucket.map(([, y]) => y);
    thinned.push({
      x: bucket[bucket.length - 1][0],
      y: values.reduce((a, b) => a + b, 0) / values.length,
      low: Math.min(...values),
      high: Math.max(...values),
    });
  }
  return thinned;
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

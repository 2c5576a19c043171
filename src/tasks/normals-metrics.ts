/** @file Metrics of surface normals: angles between predictions and labels. */
import { percent, requireSameSize } from "./maps.js";
import type { MetricAccumulator, MetricInfo } from "./task.js";

const DEGREES = 180 / Math.PI;
/** Bins of the angle histogram: the median is exact to half of 180/18000 = 0.01 degrees. */
const BINS = 18_000;

export const normalsMetrics: readonly MetricInfo[] = [
  { name: "mErr", unit: "°", better: "lower" },
  { name: "median", unit: "°", better: "lower" },
  { name: "rmse", unit: "°", better: "lower" },
  { name: "within11.25", unit: "%", better: "higher" },
  { name: "within22.5", unit: "%", better: "higher" },
  { name: "within30", unit: "%", better: "higher" },
];

/**
 * Angle between two vectors in degrees, by atan2(|a×b|, a·b), which keeps its precision near 0 where acos
 * loses it.
 */
export function angle(a: Float32Array, b: Float32Array, pixel: number, size: number): number {
  const [ax, ay, az] = [a[pixel], a[size + pixel], a[2 * size + pixel]];
  const [bx, by, bz] = [b[pixel], b[size + pixel], b[2 * size + pixel]];
  const cross = Math.hypot(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx);
  const dot = ax * bx + ay * by + az * bz;
  // A prediction of length zero points nowhere: count it as perpendicular, not as perfect.
  return cross === 0 && dot === 0 ? 90 : Math.atan2(cross, dot) * DEGREES;
}

/** Metrics over all valid pixels of the set. */
export function normalsAccumulator(): MetricAccumulator {
  const histogram = new Float64Array(BINS);
  let [count, sum, squared, within11, within22, within30] = [0, 0, 0, 0, 0, 0];
  return {
    update(prediction, label) {
      requireSameSize(prediction, label);
      const size = label.width * label.height;
      for (let pixel = 0; pixel < size; pixel++) {
        if (label.valid[pixel] !== 1) continue;
        const degrees = angle(prediction.data, label.data, pixel, size);
        count++;
        sum += degrees;
        squared += degrees * degrees;
        if (degrees < 11.25) within11++;
        if (degrees < 22.5) within22++;
        if (degrees < 30) within30++;
        histogram[Math.min(Math.floor((degrees / 180) * BINS), BINS - 1)]++;
      }
    },
    result: () => ({
      mErr: sum / count,
      median: Number.isFinite(sum) ? histogramMedian(histogram, count) : Number.NaN,
      rmse: Math.sqrt(squared / count),
      "within11.25": percent(within11, count),
      "within22.5": percent(within22, count),
      within30: percent(within30, count),
    }),
  };
}

/**
 * Middle of the bin that holds the lower median (0 for the lowest bin, so that a perfect prediction has
 * median 0).
 */
function histogramMedian(histogram: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  let seen = 0;
  let bin = -1;
  while (seen < count / 2) seen += histogram[++bin];
  return bin === 0 ? 0 : ((bin + 0.5) * 180) / BINS;
}

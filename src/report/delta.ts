/** @file Delta%: how much better a run is than a baseline, over all tasks at once. */
import type { MetricInfo } from "../tasks/task.js";

export interface Comparison {
  readonly value: number;
  readonly baseline: number;
  readonly better: MetricInfo["better"];
}

/**
 * Relative improvement over the baseline in percent, positive where `value` is the better one. Taken against
 * the magnitude of the baseline, so that the sign stays right for negative metrics. NaN where either number
 * is NaN or the baseline is 0.
 */
export function relativeImprovement({ value, baseline, better }: Comparison): number {
  if (baseline === 0) return Number.NaN;
  const gain = (100 * (value - baseline)) / Math.abs(baseline);
  return better === "higher" ? gain : -gain;
}

/**
 * Delta_m in percent (XTasC-Net, eq. 17): (1 / |M|) * sum_i (-1)^(l_i) * (M_m,i - M_b,i) / M_b,i, where l_i =
 * 1 if lower is better. One entry a metric; a task's primary metric by this project's custom. NaN for no
 * entries, or where one of them is NaN: a task that could not be measured does not silently drop out.
 */
export function deltaPercent(comparisons: readonly Comparison[]): number {
  const sum = comparisons.reduce((total, each) => total + relativeImprovement(each), 0);
  return sum / comparisons.length;
}

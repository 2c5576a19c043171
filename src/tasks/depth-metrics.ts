/** @file Metrics of depth: errors and ratios over valid pixels. */
import { percent, requireSameSize } from "./maps.js";
import type { LabelMap, MeasuringOptions, MetricAccumulator, MetricInfo, PredictionMap } from "./task.js";

/**
 * Smallest predicted depth the metrics reckon with, metres (the published MTPSL and JTR code clamps alike).
 */
const LEAST_DEPTH = 1e-9;
/** Ratios of depths within these count as right (Eigen et al. 2014). */
const RATIOS = [1.25, 1.25 ** 2, 1.25 ** 3];

export const depthMetrics: readonly MetricInfo[] = [
  { name: "aErr", unit: "m", better: "lower" },
  { name: "relErr", unit: "", better: "lower" },
  { name: "sqRel", unit: "m", better: "lower" },
  { name: "rmse", unit: "m", better: "lower" },
  { name: "logRmse", unit: "", better: "lower" },
  { name: "delta1", unit: "%", better: "higher" },
  { name: "delta2", unit: "%", better: "higher" },
  { name: "delta3", unit: "%", better: "higher" },
];

/** Middle of the values, or the mean of the middle two; NaN without any. Sorts its argument. */
function median(values: Float32Array): number {
  if (values.length === 0) return Number.NaN;
  values.sort();
  const middle = values.length / 2;
  return (values[Math.ceil(middle) - 1] + values[Math.floor(middle)]) / 2;
}

/** What the predictions of an image are multiplied by to have the labels' median over the valid pixels. */
function medianScale(prediction: PredictionMap, label: LabelMap): number {
  const valid = (_: number, pixel: number) => label.valid[pixel] === 1;
  const predicted = median(prediction.data.filter(valid).map((metres) => Math.max(metres, LEAST_DEPTH)));
  return median(label.data.filter(valid)) / predicted;
}

/** Metrics over all valid pixels of the set; each image scaled by the ratio of medians where asked for. */
export function depthAccumulator({ medianScaling = false }: MeasuringOptions): MetricAccumulator {
  let [count, absolute, relative, squaredRelative, squared, squaredLog] = [0, 0, 0, 0, 0, 0];
  const within = RATIOS.map(() => 0);
  return {
    update(prediction, label) {
      requireSameSize(prediction, label);
      const scale = medianScaling ? medianScale(prediction, label) : 1;
      for (let pixel = 0; pixel < label.valid.length; pixel++) {
        if (label.valid[pixel] !== 1) continue;
        const truth = label.data[pixel];
        const metres = Math.max(prediction.data[pixel], LEAST_DEPTH) * scale;
        const error = Math.abs(metres - truth);
        count++;
        absolute += error;
        relative += error / truth;
        squaredRelative += (error * error) / truth;
        squared += error * error;
        squaredLog += Math.log(metres / truth) ** 2;
        const ratio = Math.max(metres / truth, truth / metres);
        for (let k = 0; k < RATIOS.length; k++) if (ratio < RATIOS[k]) within[k]++;
      }
    },
    result: () => ({
      aErr: absolute / count,
      relErr: relative / count,
      sqRel: squaredRelative / count,
      rmse: Math.sqrt(squared / count),
      logRmse: Math.sqrt(squaredLog / count),
      delta1: percent(within[0], count),
      delta2: percent(within[1], count),
      delta3: percent(within[2], count),
    }),
  };
}

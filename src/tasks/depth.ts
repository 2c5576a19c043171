/** @file Depth along the camera's axis, in metres. */
import { z } from "zod";
import { div } from "../graph/ops/arithmetic.js";
import { writeScaleColour } from "./colours.js";
import type { LabelSummary, Suspicion } from "./contract/files.js";
import { depthAccumulator, depthMetrics } from "./depth-metrics.js";
import { paint, requireValidPixel } from "./maps.js";
import { maskedL1 } from "./masked.js";
import { predictedValues } from "./pseudo-label.js";
import { withChannels } from "./raster.js";
import { scaleInvariantLoss } from "./scale-invariant.js";
import { errorMap, scaleLegend } from "./scale-picture.js";
import type { DrawingRange, LabelMap, Picture, PredictionMap, Raster, TaskKind } from "./task.js";

const specSchema = z.strictObject({
  kind: z.literal("depth"),
  /** Metres of one step of an integer file. */
  scale: z.number().positive().default(0.001),
  /** The file's value of pixels without a depth. */
  invalid: z.number().default(0),
  /**
   * Whether only few pixels have a depth, as from a laser: what falls into a pixel is averaged where images
   * shrink.
   */
  sparse: z.boolean().optional(),
  /** Nearest and farthest depth of pictures, metres; each picture's own spread if left out. */
  range: z
    .tuple([z.number().nonnegative(), z.number().positive()])
    .refine(([near, far]) => near < far, "the nearest depth must be below the farthest")
    .optional(),
  /** `l1` (default), or `silog`: differences of logarithms, in part whatever the scale. */
  loss: z.enum(["l1", "silog"]).optional(),
  /** How little `silog` minds the scale: 0 fully, 1 not at all; default 0.5. */
  lambda: z.number().min(0).max(1).optional(),
});

/** Entry of a depth task in dataset.yaml. */
export type DepthSpec = z.output<typeof specSchema>;

/**
 * Depth. Files: one channel; integers of every width are metres / `scale`, floats are metres. `invalid`, NaN,
 * infinities and values that are not positive are invalid; a file without any valid pixel is refused. Written
 * are 16-bit integers, or floats where some depth is not between half a step and 65535 steps. Labels and
 * predictions [1,H,W] are metres.
 *
 * Loss (JTR section 4.1): |prediction - label|, mean over the valid pixels of each sample; with `loss: silog`
 * the scale-invariant one of Eigen et al. 2014.
 *
 * Metrics over all valid pixels of the set (Eigen et al. 2014), predictions p clamped to >= 1e-9 m, labels g:
 * `aErr` = mean |p - g| (m, JTR's), `relErr` = mean |p - g| / g, `sqRel` = mean (p - g)² / g (m), `rmse` =
 * √mean (p - g)² (m), `logRmse` = √mean (ln p - ln g)², `delta1`, `delta2`, `delta3` = share of pixels with
 * max(p/g, g/p) < 1.25, 1.25², 1.25³ (%). JTR's code prints its rmse under the heading "rel" and has no
 * relative error. With `medianScaling` each image's p are first brought to the median of its g.
 */
export const depth: TaskKind<DepthSpec> = {
  kind: "depth",
  specSchema,
  settings: ["loss", "lambda"],
  files: {
    labelChannels: () => 1,
    layers: ["depth", "z"],
    decode,
    encode,
    suspicions,
    resampling: ({ sparse }) => (sparse === true ? "pooled" : "nearest"),
    mirrored: (label) => label,
    scaled: (label, factor) =>
      factor === 1 ? label : { ...label, data: label.data.map((metres) => metres / factor) },
  },
  learning: {
    channels: () => 1,
    activate: (output) => output,
    meaning: "depth in metres",
    likelihood: "regression",
    loss: (prediction, label, valid, { loss, lambda = 0.5 }) =>
      loss === "silog"
        ? scaleInvariantLoss(prediction, label, valid, lambda)
        : maskedL1(prediction, label, valid),
    moved: (prediction, { enlargement }) => div(prediction, enlargement),
    pseudoLabel: predictedValues,
  },
  metrics: {
    infos: depthMetrics,
    primary: "aErr",
    accumulator: (_spec, options = {}) => depthAccumulator(options),
  },
  drawing: {
    range: drawingRange,
    prediction: draw,
    label: draw,
    legend: () => scaleLegend(["far", "near"]),
    errors: {
      most: 0.5,
      ends: ["right", "off by half of the depth or more"],
      of: (prediction, label) =>
        errorMap(label, (pixel) => Math.abs(prediction.data[pixel] / label.data[pixel] - 1)),
    },
  },
};

function decode(raster: Raster, spec: DepthSpec, where: string): LabelMap {
  const { width, height, data: values } = withChannels(raster, 1, where, "depth");
  const unit = values instanceof Float32Array ? 1 : spec.scale;
  const data = new Float32Array(width * height);
  const valid = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = values[pixel];
    if (!(value > 0 && Number.isFinite(value)) || value === spec.invalid) continue;
    data[pixel] = value * unit;
    valid[pixel] = 1;
  }
  const label = { channels: 1, height, width, data, valid };
  return requireValidPixel(
    label,
    where,
    "Check `scale` and `invalid`, and that the file was exported whole.",
  );
}

/** Depths that 16-bit steps would clip, or bring to nothing, are written as floats instead. */
function encode(label: LabelMap, spec: DepthSpec): Raster {
  const size = { width: label.width, height: label.height, channels: 1 };
  const fits = (steps: number) => steps >= 0.5 && steps < 65535.5;
  if (label.data.some((metres, pixel) => label.valid[pixel] === 1 && !fits(metres / spec.scale))) {
    return {
      ...size,
      data: label.data.map((metres, pixel) => (label.valid[pixel] === 1 ? metres : Number.NaN)),
    };
  }
  const data = new Uint16Array(label.data.length);
  const blank =
    Number.isInteger(spec.invalid) && spec.invalid >= 0 && spec.invalid <= 65535 ? spec.invalid : 0;
  for (let pixel = 0; pixel < data.length; pixel++) {
    if (label.valid[pixel] !== 1) {
      data[pixel] = blank;
      continue;
    }
    // 0 always means invalid, whatever else does.
    const step = Math.max(Math.round(label.data[pixel] / spec.scale), 1);
    data[pixel] = step !== spec.invalid ? step : step === 1 ? 2 : step - 1;
  }
  return { ...size, data };
}

/** Mean depths, in metres, beyond which a unit was almost certainly forgotten. */
const [NEAREST_MEAN, FARTHEST_MEAN] = [0.05, 150];

function suspicions({ storedBits, values }: LabelSummary): Suspicion[] {
  const found: Suspicion[] = [];
  if (storedBits.includes(8)) {
    const message =
      "depth in 8 bits has 255 steps at most: usually a picture of depth, not depth. Export 16 bits or floats.";
    found.push({ code: "label.eight-bit-depth", message });
  }
  const [{ mean } = { mean: 1 }] = values;
  if (mean < NEAREST_MEAN || mean > FARTHEST_MEAN) {
    const message = `the mean depth is ${mean.toPrecision(3)} m: integers are multiplied by \`scale\`, floats are taken as metres. Set \`scale\`, or save metres.`;
    found.push({ code: "label.depth-unit", message });
  }
  return found;
}

/** Depths that a picture's range is found from, at most: no more of them make it better. */
const RANGE_PIXELS = 2 ** 20;

/**
 * The spec's range, or the 2nd to 98th percentile of the valid (finite) depths, so that a few outliers do not
 * flatten a picture; in large maps, of every n-th pixel.
 */
function drawingRange(map: LabelMap | PredictionMap, spec: DepthSpec): DrawingRange {
  if (spec.range !== undefined) return spec.range;
  const step = Math.ceil(map.data.length / RANGE_PIXELS);
  const depths = Float32Array.from({ length: Math.ceil(map.data.length / step) }, (_, i) => {
    const metres = map.data[i * step];
    return isDrawn(map, i * step) && Number.isFinite(metres) ? metres : Number.NaN;
  }).sort();
  // NaN comes last.
  const unknown = depths.findIndex(Number.isNaN);
  const known = unknown < 0 ? depths : depths.subarray(0, unknown);
  if (known.length === 0) return [0, 1];
  const near = known[Math.floor(0.02 * (known.length - 1))];
  const far = known[Math.ceil(0.98 * (known.length - 1))];
  return far > near ? [near, far] : [near, near + 1];
}

function isDrawn(map: LabelMap | PredictionMap, pixel: number): boolean {
  return !("valid" in map) || map.valid[pixel] === 1;
}

/** Near is bright, far is dark. */
function draw(map: LabelMap | PredictionMap, spec: DepthSpec, range?: DrawingRange | null): Picture {
  const [near, far] = range ?? drawingRange(map, spec);
  return paint(map, (pixel, out, at) => {
    const metres = map.data[pixel];
    if (isDrawn(map, pixel) && !Number.isNaN(metres))
      writeScaleColour((far - metres) / (far - near), out, at);
  });
}

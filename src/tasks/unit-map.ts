/**
 * @file Continuous maps of one channel in [0, 1]: what occlusion edges, reshading, 2D keypoints and 2D edges
 * have in common.
 */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import type { LabelSummary, Suspicion } from "./contract/files.js";
import { paint, requireSameSize, requireValidPixel } from "./maps.js";
import { maskedL1 } from "./masked.js";
import { predictedValues } from "./pseudo-label.js";
import { fullValue, placeOf, withChannels } from "./raster.js";
import { errorMap, scaleLegend } from "./scale-picture.js";
import type { LabelMap, MetricAccumulator, Picture, PredictionMap, Raster, TaskKind } from "./task.js";

/** Entry of such a task in dataset.yaml. */
export interface UnitMapSpec<K extends string = string> {
  readonly kind: K;
  /** The map's value of one step of an integer file; 1 / 255 (8 bits) or 1 / 65535 (16 bits) if left out. */
  readonly scale?: number;
  /** The value of pixels without a label in integer files; all pixels are valid if left out. */
  readonly invalid?: number;
  /**
   * Whether it shows lines of a pixel's width, which stay whole where images shrink: the largest value
   * counts.
   */
  readonly thin?: boolean;
}

/** Writes the colour of a value in [0, 1] (larger and smaller ones are clamped); never black. */
export type ValueColour = (value: number, out: Uint8Array, at: number) => void;

/** A float beyond [0, 1] by no more than this is rounding, not a wrong unit. */
const SLACK = 1e-3;

/**
 * A kind of task whose labels and predictions [1,H,W] are values in [0, 1].
 *
 * Files: one channel. Integers times `scale`, larger products count as 1; files of up to 16 bits hold 1 as
 * their largest value unless `scale` says otherwise, wider and signed ones need it; `invalid` marks pixels
 * without a label. Floats are the values; NaN and infinities are invalid, others outside [0, 1] are refused.
 * A file without any valid pixel is refused. Written are 8-bit steps (16-bit where `scale` or `invalid` wants
 * them), or floats where some pixel is invalid and no `invalid` value is named, or where the steps are
 * coarser than 1/255 and the values lie between them.
 *
 * A mirror and an enlargement move the values and do not change them.
 *
 * Loss (JTR section 4.1, after Standley et al. 2020): |prediction - label|, mean over the valid pixels of
 * each sample; the network's output is the prediction, unbounded.
 *
 * Metrics over all valid pixels of the set: `aErr` = mean |p - g| (the paper's), `rmse` = √mean (p - g)².
 */
export function unitMap<const K extends string>(kind: K, colour: ValueColour): TaskKind<UnitMapSpec<K>> {
  const draw = (map: LabelMap | PredictionMap): Picture =>
    paint(map, (pixel, out, at) => {
      const drawn = !("valid" in map) || map.valid[pixel] === 1;
      if (drawn && !Number.isNaN(map.data[pixel])) colour(map.data[pixel], out, at);
    });
  return {
    kind,
    specSchema: z.strictObject({
      kind: z.literal(kind),
      scale: z
        .number()
        .min(1 / 65535)
        .max(1)
        .optional(),
      invalid: z.int().min(0).max(65535).optional(),
      thin: z.boolean().optional(),
    }),
    files: {
      labelChannels: () => 1,
      layers: [kind],
      decode,
      encode,
      suspicions,
      resampling: ({ thin }) => (thin === true ? "thin" : "bilinear"),
      mirrored: (label) => label,
      scaled: (label) => label,
    },
    learning: {
      channels: () => 1,
      activate: (output) => output,
      meaning: "strength from 0 to 1, not clamped",
      likelihood: "regression",
      loss: maskedL1,
      moved: (prediction) => prediction,
      pseudoLabel: predictedValues,
    },
    metrics: {
      infos: [
        { name: "aErr", unit: "", better: "lower" },
        { name: "rmse", unit: "", better: "lower" },
      ],
      primary: "aErr",
      accumulator,
    },
    drawing: {
      range: () => null,
      prediction: draw,
      label: draw,
      legend: () => scaleLegend(["0", "1"], colour),
      errors: {
        most: 0.5,
        ends: ["right", "off by 0.5 or more"],
        of: (prediction, label) =>
          errorMap(label, (pixel) => Math.abs(prediction.data[pixel] - label.data[pixel])),
      },
    },
  };
}

/** The map's value of one step. Throws UserError for integers whose largest value says nothing. */
function stepOf(raster: Raster, { scale }: UnitMapSpec, where: string): number {
  if (scale !== undefined) return scale;
  const { data, maximum } = raster;
  if (maximum !== undefined || data instanceof Uint8Array || data instanceof Uint16Array)
    return 1 / fullValue(raster);
  throw new UserError({
    code: "label.no-scale",
    what: "integers of this type do not say which of them stands for 1",
    where,
    expected: "8 or 16 bits without sign, or `scale`",
    got: `${8 * data.BYTES_PER_ELEMENT}-bit integers`,
    fix: "Set the task's `scale` in dataset.yaml: the map's value of one step.",
  });
}

function decode(raster: Raster, spec: UnitMapSpec, where: string): LabelMap {
  const plain = withChannels(raster, 1, where, spec.kind);
  const { width, height, data: values } = plain;
  const floats = values instanceof Float32Array;
  const step = floats ? 1 : stepOf(plain, spec, where);
  const data = new Float32Array(width * height);
  const valid = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = values[pixel];
    if (floats ? !Number.isFinite(value) : value === spec.invalid) continue;
    if (value < (floats ? -SLACK : 0) || (floats && value > 1 + SLACK)) {
      throw new UserError({
        code: "label.value-out-of-range",
        what: "a value is out of range",
        where,
        expected: floats ? "floats from 0 to 1, NaN where there is no label" : "integers from 0 on",
        got: `${value} at ${placeOf(pixel, plain)}`,
        fix: "Divide the array by its largest possible value, or save it as integers and set `scale`.",
      });
    }
    data[pixel] = Math.min(Math.max(value * step, 0), 1);
    valid[pixel] = 1;
  }
  const label = { channels: 1, height, width, data, valid };
  return requireValidPixel(label, where, "Check `invalid`, and that the file was exported whole.");
}

/** Whether a number of steps is not a whole one, by more than rounding. */
const between = (steps: number): boolean => Math.abs(steps - Math.round(steps)) > 0.01;

function encode(label: LabelMap, { scale, invalid }: UnitMapSpec): Raster {
  const size = { width: label.width, height: label.height, channels: 1 };
  if (invalid === undefined && label.valid.includes(0)) {
    const floats = label.data.map((value, pixel) => (label.valid[pixel] === 1 ? value : Number.NaN));
    return { ...size, data: floats };
  }
  if (scale !== undefined && scale > 1 / 255 && label.data.some((value) => between(value / scale))) {
    return {
      ...size,
      data: label.data.map((value, pixel) => (label.valid[pixel] === 1 ? value : Number.NaN)),
    };
  }
  const wide = (scale !== undefined && 1 / scale > 255) || (invalid !== undefined && invalid > 255);
  const unit = scale ?? (wide ? 1 / 65535 : 1 / 255);
  const data = wide ? new Uint16Array(label.data.length) : new Uint8Array(label.data.length);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const step = Math.round(Math.min(Math.max(label.data[pixel], 0), 1) / unit);
    const apart = step === 0 ? 1 : step - 1;
    data[pixel] = label.valid[pixel] !== 1 ? invalid! : step === invalid ? apart : step;
  }
  return { ...size, data };
}

/** Maps that never exceed this use a fiftieth of their range. */
const FAINT = 0.02;

function suspicions({ values, storedBits }: LabelSummary): Suspicion[] {
  const [{ max } = { max: 1 }] = values;
  if (max > FAINT || max === 0 || storedBits.every((bits) => bits === 0)) return [];
  const message = `no value exceeds ${max.toPrecision(3)} of 1. Set \`scale\`: the map's value of one step.`;
  return [{ code: "label.faint-map", message }];
}

function accumulator(): MetricAccumulator {
  let [count, absolute, squared] = [0, 0, 0];
  return {
    update(prediction, label) {
      requireSameSize(prediction, label);
      for (let pixel = 0; pixel < label.valid.length; pixel++) {
        if (label.valid[pixel] !== 1) continue;
        const error = Math.abs(prediction.data[pixel] - label.data[pixel]);
        count++;
        absolute += error;
        squared += error * error;
      }
    },
    result: () => ({ aErr: absolute / count, rmse: Math.sqrt(squared / count) }),
  };
}

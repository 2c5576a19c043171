/** @file Surface normals: unit vectors in camera coordinates. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { mul } from "../graph/ops/arithmetic.js";
import { concat, slice } from "../graph/ops/shape.js";
import type { Tensor } from "../graph/tensor.js";
import { paint, requireValidPixel } from "./maps.js";
import { maskedCosine, unitChannels } from "./masked.js";
import { angle, normalsAccumulator, normalsMetrics } from "./normals-metrics.js";
import { predictedValues } from "./pseudo-label.js";
import { fullValue, withChannels } from "./raster.js";
import { errorMap } from "./scale-picture.js";
import type { LabelMap, Motion, Picture, PredictionMap, Raster, Rgb, TaskKind } from "./task.js";

const specSchema = z.strictObject({ kind: z.literal("normals") });

/** Entry of a normals task in dataset.yaml. */
export type NormalsSpec = z.output<typeof specSchema>;

/** A stored vector shorter than this is no normal: a border blended with "invalid", or nothing at all. */
const LEAST_LENGTH = 0.5;

/**
 * Surface normals: unit vectors, x right, y down, z forward, pointing towards the camera (negative z).
 * Files: three channels; integers n = 2·value/255 - 1 (8-bit; 65535 for 16-bit), where (0,0,0) and vectors
 * made of the middle values 127 and 128 alone mean invalid; floats (.npy) as they are, where (0,0,0) and what
 * is not finite mean invalid. Vectors are brought to unit length; one shorter than 0.5 is invalid; a file
 * without any valid pixel is refused. Labels and predictions are [3,H,W]. The published MTPSL and JTR code
 * takes vectors as invalid whose components sum to 0, which hits valid ones too.
 *
 * Activation: division by the channel norm (epsilon 1e-8 under the root).
 * Loss (JTR section 4.1): 1 - prediction·label, mean over the valid pixels of each sample.
 *
 * Metrics over all valid pixels of the set, of the angle between prediction and label in degrees: `mErr` =
 * mean (the paper's), `median` (from a histogram, exact to 0.005 degrees), `rmse`, and the shares (%)
 * strictly below 11.25, 22.5 and 30 degrees. The published code prints its rmse under the heading "Med.".
 */
export const normals: TaskKind<NormalsSpec> = {
  kind: "normals",
  specSchema,
  files: {
    labelChannels: () => 3,
    layers: ["normals", "normal"],
    decode,
    encode,
    resampling: () => "bilinear",
    mirrored: (label) => ({
      ...label,
      data: label.data.map((value, i) => (i < label.width * label.height ? -value : value)),
    }),
    turned,
    scaled: (label) => normalised(label),
  },
  learning: {
    channels: () => 3,
    activate: (output) => unitChannels(output),
    meaning: "unit vectors, channels x, y, z",
    likelihood: "regression",
    loss: maskedCosine,
    moved,
    pseudoLabel: predictedValues,
  },
  metrics: {
    infos: normalsMetrics,
    primary: "mErr",
    accumulator: normalsAccumulator,
  },
  drawing: {
    range: () => null,
    prediction: (prediction) => draw(prediction),
    label: (label) => draw(label, label.valid),
    legend: () => ({ kind: "entries", entries: DIRECTIONS }),
    errors: {
      most: 60,
      ends: ["right", "off by 60° or more"],
      of: (prediction, label) =>
        errorMap(label, (pixel) => angle(prediction.data, label.data, pixel, label.width * label.height)),
    },
  },
};

/** The integer that stands for 1; null for floats. Throws UserError for integers that do not say. */
function fullOf(raster: Raster, where: string): number | null {
  const { data } = raster;
  if (data instanceof Float32Array) return null;
  if (data instanceof Uint8Array || data instanceof Uint16Array) return fullValue(raster);
  throw new UserError({
    code: "label.normal-type",
    what: "integers of this type do not say which of them stands for 1",
    where,
    expected: "8 or 16 bits without sign, (n + 1) / 2 times the largest value, or floats",
    got: `${8 * data.BYTES_PER_ELEMENT}-bit integers`,
    fix: "Save the vectors as floats.",
  });
}

/** One quarter counter-clockwise: what pointed right points up. */
function turned(label: LabelMap, quarters: number): LabelMap {
  if (quarters === 0) return label;
  const area = label.width * label.height;
  const data = label.data.slice();
  for (let i = 0; i < area; i++) {
    data[i] = label.data[area + i];
    data[area + i] = -label.data[i];
  }
  return turned({ ...label, data }, quarters - 1);
}

function decode(raster: Raster, _spec: NormalsSpec, where: string): LabelMap {
  const plain = withChannels(raster, 3, where, "x, y and z");
  const { width, height, data: values } = plain;
  const size = width * height;
  const full = fullOf(plain, where);
  const data = new Float32Array(3 * size);
  const valid = new Uint8Array(size);
  for (let pixel = 0; pixel < size; pixel++) {
    const stored = values.subarray(pixel * 3, pixel * 3 + 3);
    if (stored.every((value) => value === 0) || stored.some((value) => !Number.isFinite(value))) continue;
    if (full !== null && stored.every((value) => Math.abs(value - full / 2) < 1)) continue;
    for (let axis = 0; axis < 3; axis++) {
      data[axis * size + pixel] = full === null ? stored[axis] : (2 * stored[axis]) / full - 1;
    }
    valid[pixel] = 1;
  }
  const label = normalised({ channels: 3, height, width, data, valid });
  return requireValidPixel(label, where, "Check that the file holds normals, (n + 1) / 2 * 255 or floats.");
}

function moved(prediction: Tensor, { side }: Motion): Tensor {
  const axis = (c: number) => slice(prediction, { axes: [1], starts: [c], ends: [c + 1] });
  return unitChannels(concat([mul(axis(0), side), axis(1), axis(2)], 1));
}

function encode(label: LabelMap): Raster {
  const size = label.width * label.height;
  const data = new Uint8Array(3 * size);
  for (let pixel = 0; pixel < size; pixel++) {
    if (label.valid[pixel] !== 1) continue;
    for (let axis = 0; axis < 3; axis++) {
      data[pixel * 3 + axis] = Math.round(((label.data[axis * size + pixel] + 1) / 2) * 255);
    }
  }
  return { width: label.width, height: label.height, channels: 3, data };
}

/** Valid vectors at unit length; those shorter than 0.5 become invalid, and invalid ones (0,0,0). */
function normalised(label: LabelMap): LabelMap {
  const size = label.width * label.height;
  const data = new Float32Array(3 * size);
  const valid = new Uint8Array(size);
  for (let pixel = 0; pixel < size; pixel++) {
    if (label.valid[pixel] !== 1) continue;
    const length = Math.hypot(label.data[pixel], label.data[size + pixel], label.data[2 * size + pixel]);
    if (length < LEAST_LENGTH) continue;
    for (let at = pixel; at < 3 * size; at += size) data[at] = label.data[at] / length;
    valid[pixel] = 1;
  }
  return { ...label, data, valid };
}

/** The colours of surfaces that face somewhere. */
const DIRECTIONS: readonly { readonly name: string; readonly colour: Rgb }[] = [
  { name: "the camera", colour: [128, 128, 255] },
  { name: "right", colour: [255, 128, 128] },
  { name: "left", colour: [0, 128, 128] },
  { name: "up", colour: [128, 255, 128] },
  { name: "down", colour: [128, 0, 128] },
];

/** Red = right, green = up, blue = towards the camera: a wall seen head-on is lilac. */
function draw(map: LabelMap | PredictionMap, valid?: Uint8Array): Picture {
  const size = map.width * map.height;
  return paint(map, (pixel, out, at) => {
    if (valid !== undefined && valid[pixel] !== 1) return;
    for (let axis = 0; axis < 3; axis++) {
      const value = map.data[axis * size + pixel] * (axis === 0 ? 1 : -1);
      out[at + axis] = Math.round(Math.min(Math.max((value + 1) / 2, 0), 1) * 255);
    }
  });
}

/** @file Semantic segmentation: one class a pixel. */
import { z } from "zod";
import { UserError } from "../common/errors.js";
import { argMax } from "../graph/ops/arg-max.js";
import { oneHot } from "../graph/ops/shape.js";
import { classLoss, classLossKeys, classWeightsProblem } from "./class-losses.js";
import { classesByColour, colourTableProblem, colourTableSchema, NO_CLASS } from "./colour-table.js";
import { classColour, writeClassColour } from "./colours.js";
import type { LabelSummary, Suspicion } from "./contract/files.js";
import type { RasterData } from "./contract/maps.js";
import { classEntropy, highestChannel, paint } from "./maps.js";
import { mostProbableClass } from "./pseudo-label.js";
import { placeOf, withChannels } from "./raster.js";
import { errorMap } from "./scale-picture.js";
import { confusionAccumulator, eachClass, segmentationMetrics } from "./segmentation-metrics.js";
import type { LabelMap, Raster, TaskKind } from "./task.js";

const specSchema = z
  .strictObject({
    kind: z.literal("segmentation"),
    /** Names of the classes; a label's value is an index into them. */
    classes: z.array(z.string().min(1)).min(2),
    /** The value of pixels that belong to no class. */
    ignore: z.number().int().default(255),
    /** The colours of colour-coded files, by class name; those of pixels without a class as `ignore`. */
    colours: colourTableSchema.optional(),
    ...classLossKeys,
  })
  .superRefine((spec, context) => {
    const problems = {
      colours: spec.colours && colourTableProblem(spec.colours, spec.classes),
      classWeights: classWeightsProblem(spec),
    };
    for (const [key, message] of Object.entries(problems)) {
      if (message !== undefined) context.addIssue({ code: "custom", message, path: [key] });
    }
  });

/** Entry of a segmentation task in dataset.yaml. */
export type SegmentationSpec = z.output<typeof specSchema>;

/**
 * Semantic segmentation. Files: one channel of class indices, of whole numbers of any type or of palette
 * indices; `ignore` marks pixels without a class. Where the entry has `colours`, files hold colours instead.
 * Written are class indices. Labels [1,H,W] hold the class index (0 where ignored); predictions are logits
 * [C,H,W]; decided on, they are class indices of the least unsigned type that holds all classes.
 *
 * Loss (JTR section 4.1): cross-entropy -log softmax(logits)_label, mean over the valid pixels of each
 * sample; or as the entry's `loss`, `classWeights` and `focus` say (`classLoss`).
 *
 * Metrics, in percent, from the confusion matrix of the whole set:
 * `mIoU` = mean over classes of TP / (label + prediction - TP), `pixelAccuracy` = correct / valid.
 * A class that is neither labelled nor predicted anywhere is left out of the mean; the published MTPSL and
 * JTR code divides by zero there and gives NaN for the whole mean.
 */
export const segmentation: TaskKind<SegmentationSpec> = {
  kind: "segmentation",
  specSchema,
  settings: Object.keys(classLossKeys),
  files: {
    labelChannels: () => 1,
    layers: ["segmentation", "semantic", "labels", "label", "mask"],
    decode,
    encode,
    decision: {
      name: "index",
      of: (prediction) => {
        const { width, height } = prediction;
        return { width, height, channels: 1, data: highestChannel(prediction) };
      },
    },
    suspicions,
    written: ({ colours: _, ...spec }) => spec,
    resampling: () => "nearest",
    mirrored: (label) => label,
    scaled: (label) => label,
  },
  learning: {
    channels: (spec) => spec.classes.length,
    activate: (output) => output,
    decide: (prediction) => argMax(prediction, 1),
    meaning: "logits, one channel a class",
    likelihood: "classification",
    loss: (prediction, label, valid, spec) =>
      classLoss(prediction, oneHot(label, spec.classes.length), valid, spec),
    moved: (prediction) => prediction,
    pseudoLabel: (prediction, _spec, confidence) => mostProbableClass(prediction, confidence),
  },
  metrics: {
    infos: segmentationMetrics,
    primary: "mIoU",
    accumulator: (spec, options = {}) => confusionAccumulator(options.classes ?? eachClass(spec.classes)),
  },
  drawing: {
    range: () => null,
    prediction: (prediction) => {
      const classes = highestChannel(prediction);
      return paint(prediction, (pixel, out, at) => writeClassColour(classes[pixel], out, at));
    },
    label: (label) =>
      paint(label, (pixel, out, at) => {
        if (label.valid[pixel] === 1) writeClassColour(label.data[pixel], out, at);
      }),
    legend: ({ classes }) => ({
      kind: "entries",
      entries: classes.map((name, index) => ({ name, colour: classColour(index) })),
    }),
    errors: {
      most: 1,
      ends: ["right", "wrong"],
      of: (prediction, label) => {
        const classes = highestChannel(prediction);
        return errorMap(label, (pixel) => Number(classes[pixel] !== label.data[pixel]));
      },
    },
    uncertainty: classEntropy,
  },
};

/** Class indices as they stand in the file; `ignore` in whatever colour it has. */
function indicesOf(raster: Raster, spec: SegmentationSpec, where: string): RasterData {
  const { classes, ignore, colours } = spec;
  if (colours !== undefined) {
    return classesByColour(raster, colours, classes, where).map((index) =>
      index === NO_CLASS ? ignore : index,
    );
  }
  // Palette indices are class indices, whatever their colours.
  const { palette: _, ...indices } = raster;
  const fix =
    "Where the file is colour-coded, give each class its colour in dataset.yaml: `colours: {name: [r, g, b]}`.";
  return withChannels(indices, 1, where, "class indices", fix).data;
}

function decode(raster: Raster, spec: SegmentationSpec, where: string): LabelMap {
  const { width, height } = raster;
  const indices = indicesOf(raster, spec, where);
  const data = new Float32Array(width * height);
  const valid = new Uint8Array(width * height);
  for (let pixel = 0; pixel < data.length; pixel++) {
    const value = indices[pixel];
    if (value === spec.ignore) continue;
    if (!Number.isInteger(value) || value < 0 || value >= spec.classes.length) {
      throw new UserError({
        code: "label.class-out-of-range",
        what: "a class index is out of range",
        where,
        expected: `whole numbers 0 to ${spec.classes.length - 1}, or ${spec.ignore} for ignored pixels`,
        got: `${value} at ${placeOf(pixel, raster)}`,
        fix: "Correct the file, or name the missing classes under `classes`, or set `ignore` to this value.",
      });
    }
    data[pixel] = value;
    valid[pixel] = 1;
  }
  return { channels: 1, height, width, data, valid };
}

function encode(label: LabelMap, spec: SegmentationSpec): Raster {
  const highest = Math.max(spec.classes.length - 1, spec.ignore);
  const Values = spec.ignore < 0 || highest > 65535 ? Float32Array : highest > 255 ? Uint16Array : Uint8Array;
  const data = new Values(label.data.length);
  for (let pixel = 0; pixel < data.length; pixel++) {
    data[pixel] = label.valid[pixel] === 1 ? label.data[pixel] : spec.ignore;
  }
  return { width: label.width, height: label.height, channels: 1, data };
}

/** Black and white masks: 255 means a class to whoever drew them, and no class to their reader. */
function suspicions({ classes, validShare }: LabelSummary, spec: SegmentationSpec): Suspicion[] {
  const onlyFirst = classes.every((pixels, index) => pixels > 0 === (index === 0));
  if (spec.ignore !== 255 || spec.colours !== undefined || !onlyFirst || validShare === 1) return [];
  const [black, white] = spec.classes;
  const message = `the masks hold nothing but 0 and 255, and 255 is ignored. If white is a class, give the classes their colours: \`colours: {${black}: "#000000", ${white}: "#ffffff"}\`.`;
  return [{ code: "label.black-and-white", message }];
}

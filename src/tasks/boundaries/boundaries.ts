/** @file Boundaries of things, as several people drew them. */

import { maximum, sub } from "../../graph/ops/arithmetic.js";
import { cast, greaterOrEqual } from "../../graph/ops/compare.js";
import { expand } from "../../graph/ops/shape.js";
import { detach, sigmoid } from "../../graph/ops/unary.js";
import type { Tensor } from "../../graph/tensor.js";
import { writeScaleColour } from "../colours.js";
import type { PseudoLabel } from "../contract/learning.js";
import { paint } from "../maps.js";
import { scaleLegend } from "../scale-picture.js";
import type { TaskKind } from "../task.js";
import { boundarySuspicions, decodeBoundaries, encodeBoundaries } from "./files.js";
import { agreedBoundaries, balancedCrossEntropy } from "./loss.js";
import { boundariesAccumulator } from "./metrics.js";
import { agreementOf, type BoundariesSpec, boundariesSchema } from "./spec.js";

/**
 * Boundaries. Files: one channel of bits, bit 0 the first annotator's; of one annotator also 0 and the
 * largest value. `invalid` and NaN mark pixels without a label. An annotator who did not see the image has
 * marked nothing. Written are 8- or 16-bit integers, or floats where some pixel is invalid and no `invalid`
 * value is named. Labels [A,H,W] hold a plane of zeros and ones for each annotator; where they shrink, a line
 * stays whole. Predictions [1,H,W] are probabilities.
 *
 * Loss (CompL, Kanakis et al. 2023, section 4.3): cross-entropy with a weight of 0.95 for pixels that at
 * least three annotators marked and of 0.05 for all others, mean over the valid pixels of each sample.
 *
 * Metrics, in percent, by the BSDS benchmark (Martin et al. 2004, Arbelaez et al. 2011), from pixels that
 * have a partner in a one-to-one assignment (`correspondence`), at each threshold after thinning:
 * `ods` = F-score at the best threshold for the whole set, `ois` = F-score of counts at each image's own best
 * threshold, `ap` = average precision. They belong to the size that the network works at: labels of resized
 * images are thinned again. Published numbers are measured at the images' own size, after non-maximum
 * suppression.
 */
export const boundaries: TaskKind<BoundariesSpec> = {
  kind: "boundaries",
  specSchema: boundariesSchema,
  settings: ["agreement", "positiveWeight", "tolerance", "thresholds", "thinning"],
  files: {
    labelChannels: ({ annotators }) => annotators,
    layers: ["boundaries", "boundary"],
    decode: decodeBoundaries,
    encode: encodeBoundaries,
    suspicions: boundarySuspicions,
    resampling: () => "thin",
    mirrored: (label) => label,
    scaled: (label) => label,
  },
  learning: {
    channels: () => 1,
    activate: sigmoid,
    meaning: "probability of a boundary, 0 to 1",
    likelihood: "classification",
    loss: (prediction, label, valid, spec) =>
      balancedCrossEntropy(prediction, agreedBoundaries(label, spec), valid, spec.positiveWeight),
    moved: (prediction) => prediction,
    pseudoLabel: everyonesBoundaries,
  },
  metrics: {
    infos: ["ods", "ois", "ap"].map((name) => ({ name, unit: "%", better: "higher" })),
    primary: "ods",
    wholeSet: true,
    accumulator: boundariesAccumulator,
  },
  drawing: {
    range: () => null,
    legend: () => scaleLegend(["none", "boundary"]),
    prediction: (prediction) =>
      paint(prediction, (pixel, out, at) => {
        if (!Number.isNaN(prediction.data[pixel])) writeScaleColour(prediction.data[pixel], out, at);
      }),
    label: (label, spec) => {
      const area = label.height * label.width;
      return paint(label, (pixel, out, at) => {
        if (label.valid[pixel] !== 1) return;
        let marks = 0;
        for (let each = 0; each < label.channels; each++) marks += label.data[each * area + pixel];
        writeScaleColour(Math.min(1, marks / agreementOf(spec)), out, at);
      });
    },
  },
};

/** What is more probably a boundary than not, as if every annotator had marked it. */
function everyonesBoundaries(prediction: Tensor, spec: BoundariesSpec, confidence: number): PseudoLabel {
  const fixed = detach(prediction);
  const [n, , height, width] = fixed.shape;
  const marked = cast(greaterOrEqual(fixed, 0.5), "float32");
  return {
    label: expand(marked, [n, spec.annotators, height, width]),
    valid: cast(greaterOrEqual(maximum(fixed, sub(1, fixed)), confidence), "float32"),
  };
}

/** @file Tasks in joint-task spaces against PyTorch: values, and gradients with respect to the prediction. */
import { slice, type Tensor } from "../../src/graph/index.js";
import { jointEncoding } from "../../src/methods/jtr/joint-encoding.js";
import {
  type Draw,
  jtrPublished,
  type PublishedJointEncoding,
} from "../../src/methods/jtr/published-encoding.js";
import { resolveTasks } from "../../src/tasks/index.js";
import { compareWithGolden, type GoldenCase, goldenInput } from "../tasks/golden.js";

const valid = goldenInput("valid");
const mask = goldenInput("mask");
const noise = goldenInput("noise");
const logits = goldenInput("logits");
const classes = goldenInput("classes");
const metres = goldenInput("metres");
const predictedMetres = goldenInput("depth");
const raw = goldenInput("raw");
const unit = goldenInput("unit");
const shades = goldenInput("shades");
const predictedShading = goldenInput("shading");
const marks = goldenInput("marks");
const edgeLogits = goldenInput("edgeLogits");
/** What an auto-encoder makes of a stack, by the number of channels. */
const decoded = goldenInput("decoded");
const decodedVector = goldenInput("decodedVector");
const decodedDepth = slice(decoded, { axes: [1], starts: [0], ends: [1] });

const [segmentation, depth, normals, reshading, boundaries] = resolveTasks({
  segmentation: { kind: "segmentation", classes: ["a", "b", "c", "d"] },
  depth: { kind: "depth" },
  normals: { kind: "normals" },
  reshading: { kind: "reshading" },
  boundaries: { kind: "boundaries", annotators: 4, agreement: 2 },
});
const predictedUnit = normals.kind.learning.activate(raw, normals.spec);

const joint = {
  segmentation: jointEncoding(segmentation),
  depth: jointEncoding(depth),
  normals: jointEncoding(normals),
  reshading: jointEncoding(reshading),
  boundaries: jointEncoding(boundaries),
};
const published = {
  segmentation: jtrPublished.segmentation(segmentation),
  depth: jtrPublished.depth(),
  normals: jtrPublished.normals(),
};
const draw: Draw = { mask, noise };
const encodedDepth = published.depth.encodePrediction(predictedMetres, { mask });
const encodedUnit = published.normals.encodePrediction(predictedUnit, { mask });

/** The published reconstruction of `output` against the target. */
function rebuilt(encoding: PublishedJointEncoding, output: Tensor, target: Tensor): GoldenCase {
  return { result: encoding.reconstructionLoss(output, target, mask), leaf: output };
}

/** The released names are the stored ones. */
compareWithGolden(/\.(joint|released)\./, {
  "segmentation.joint.label": { result: joint.segmentation.encodeLabel(classes, valid) },
  "segmentation.joint.prediction": { result: joint.segmentation.encodePrediction(logits), leaf: logits },
  "segmentation.joint.reconstruction": {
    result: joint.segmentation.reconstructionLoss(
      decoded,
      joint.segmentation.encodePrediction(logits),
      valid,
    ),
    leaf: decoded,
  },
  "depth.joint.reconstruction": {
    result: joint.depth.reconstructionLoss(decodedDepth, predictedMetres, valid),
    leaf: decodedDepth,
  },
  "normals.joint.reconstruction": {
    result: joint.normals.reconstructionLoss(decodedVector, predictedUnit, valid),
    leaf: decodedVector,
  },
  // The other maps in [0, 1] share these functions.
  "reshading.joint.label": { result: joint.reshading.encodeLabel(shades, valid) },
  "reshading.joint.reconstruction": {
    result: joint.reshading.reconstructionLoss(decodedDepth, predictedShading, valid),
    leaf: decodedDepth,
  },
  "boundaries.joint.label": { result: joint.boundaries.encodeLabel(marks, valid) },
  "boundaries.joint.reconstruction": {
    result: joint.boundaries.reconstructionLoss(
      decodedDepth,
      boundaries.kind.learning.activate(edgeLogits, boundaries.spec),
      valid,
    ),
    leaf: decodedDepth,
  },

  "segmentation.released.hard": {
    result: published.segmentation.encodePrediction(logits, draw),
    leaf: logits,
  },
  "segmentation.released.soft": {
    result: published.segmentation.encodePrediction(logits, { mask }),
    leaf: logits,
  },
  "segmentation.released.reconstruction.label": rebuilt(
    published.segmentation,
    decoded,
    published.segmentation.labelTarget(classes, valid),
  ),
  "segmentation.released.reconstruction.sample": rebuilt(
    published.segmentation,
    decoded,
    published.segmentation.substituteTarget(logits, draw),
  ),

  "depth.released.label": { result: published.depth.encodeLabel(metres, valid) },
  "depth.released.prediction": { result: encodedDepth, leaf: predictedMetres },
  "depth.released.reconstruction.label": rebuilt(
    published.depth,
    decodedDepth,
    published.depth.labelTarget(metres, valid),
  ),
  "depth.released.reconstruction.substitute": rebuilt(
    published.depth,
    decodedDepth,
    published.depth.substituteTarget(predictedMetres, { mask }),
  ),
  "depth.released.reconstruction.prediction": rebuilt(
    published.depth,
    decodedDepth,
    published.depth.predictionTarget(predictedMetres, encodedDepth, { mask }),
  ),

  "normals.released.label": { result: published.normals.encodeLabel(unit, valid) },
  "normals.released.prediction": { result: encodedUnit, leaf: raw },
  "normals.released.reconstruction.label": rebuilt(
    published.normals,
    decodedVector,
    published.normals.labelTarget(unit, valid),
  ),
  "normals.released.reconstruction.substitute": rebuilt(
    published.normals,
    decodedVector,
    published.normals.substituteTarget(predictedUnit, { mask }),
  ),
  "normals.released.reconstruction.prediction": rebuilt(
    published.normals,
    decodedVector,
    published.normals.predictionTarget(predictedUnit, encodedUnit, { mask }),
  ),
});

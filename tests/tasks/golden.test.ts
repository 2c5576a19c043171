/** @file Losses and activations against PyTorch: values, and gradients with respect to the prediction. */
import { boundaries, depth, normals, reshading, segmentation } from "../../src/tasks/index.js";
import { compareWithGolden, goldenInput } from "./golden.js";

const valid = goldenInput("valid");
const logits = goldenInput("logits");
const metres = goldenInput("depth");
const raw = goldenInput("raw");
const shading = goldenInput("shading");
const classes = segmentation.specSchema.parse({ kind: "segmentation", classes: ["a", "b", "c", "d"] });
const depthSpec = depth.specSchema.parse({ kind: "depth" });
const normalsSpec = { kind: "normals" } as const;
const marks = goldenInput("marks");
const edgeLogits = goldenInput("edgeLogits");
const edges = boundaries.specSchema.parse({ kind: "boundaries", annotators: 4, agreement: 2 });
const edge = boundaries.learning.activate(edgeLogits, edges);
const unit = normals.learning.activate(raw, normalsSpec);

const weights = { a: 0.5, b: 2, d: 3 };
const decoded = goldenInput("decoded");
const classLoss = (options: object) => ({
  result: segmentation.learning.loss(
    decoded,
    goldenInput("classes"),
    valid,
    segmentation.specSchema.parse({ ...classes, ...options }),
  ),
  leaf: decoded,
});

compareWithGolden(/\.(loss|activate)$/, {
  "segmentation.loss": {
    result: segmentation.learning.loss(logits, goldenInput("classes"), valid, classes),
    leaf: logits,
  },
  "depth.loss": {
    result: depth.learning.loss(metres, goldenInput("metres"), valid, depthSpec),
    leaf: metres,
  },
  // The other maps in [0, 1] share this function.
  "reshading.loss": {
    result: reshading.learning.loss(shading, goldenInput("shades"), valid, { kind: "reshading" }),
    leaf: shading,
  },
  "normals.loss": {
    result: normals.learning.loss(unit, goldenInput("unit"), valid, normalsSpec),
    leaf: raw,
  },
  "segmentation.weighted.loss": classLoss({ classWeights: weights }),
  "segmentation.even.loss": classLoss({ classWeights: "auto" }),
  "segmentation.focal.loss": classLoss({ loss: "focal", focus: 1.5, classWeights: weights }),
  "segmentation.dice.loss": classLoss({ loss: "dice" }),
  "segmentation.both.loss": classLoss({ loss: "cross-entropy+dice" }),
  "depth.silog.loss": {
    result: depth.learning.loss(metres, goldenInput("metres"), valid, {
      ...depthSpec,
      loss: "silog",
      lambda: 0.85,
    }),
    leaf: metres,
  },
  "boundaries.loss": {
    result: boundaries.learning.loss(edge, marks, valid, edges),
    leaf: edgeLogits,
  },
  "boundaries.auto.loss": {
    result: boundaries.learning.loss(edge, marks, valid, { ...edges, positiveWeight: "auto" }),
    leaf: edgeLogits,
  },
  "normals.activate": { result: unit, leaf: raw },
});

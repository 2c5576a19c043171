/** @file Losses and joint encodings against PyTorch: values, and gradients with respect to the prediction. */
import { beforeAll, describe, expect, test } from "vitest";
import { constant, gradients, mul, reduceSum, slice, type Tensor } from "../../src/graph/index.js";
import type { Engine } from "../../src/runtime/engine.js";
import { nodeEngine } from "../../src/runtime/engine.node.js";
import { evaluate } from "../../src/runtime/evaluate.js";
import {
  type DepthSpec,
  depth,
  type NormalsSpec,
  normals,
  reshading,
  segmentation,
} from "../../src/tasks/index.js";
import { expectClose, golden, goldenFeeds, goldenInput } from "./golden.js";

const valid = goldenInput("valid");
const mask = goldenInput("mask");
const noise = goldenInput("noise");
const logits = goldenInput("logits");
const classes = goldenInput("classes");
const metres = goldenInput("metres");
const predictedMetres = goldenInput("depth");
const raw = goldenInput("raw");
const unit = goldenInput("unit");
const decoded = goldenInput("decoded");
const shades = goldenInput("shades");
const predictedShading = goldenInput("shading");
const decodedVector = goldenInput("decodedVector");
const decodedDepth = slice(decoded, { axes: [1], starts: [0], ends: [1] });

const segmentationSpec = segmentation.specSchema.parse({
  kind: "segmentation",
  classes: ["a", "b", "c", "d"],
});
const depthSpec: DepthSpec = depth.specSchema.parse({ kind: "depth" });
const normalsSpec: NormalsSpec = { kind: "normals" };
const reshadingSpec = { kind: "reshading" } as const;
const released = {
  segmentation: segmentation.releasedJoint!,
  depth: depth.releasedJoint!,
  normals: normals.releasedJoint!,
};
const predictedUnit = normals.learning.activate(raw, normalsSpec);
const sample = released.segmentation.substituteTarget(logits, segmentationSpec, { mask, noise });
const encodedDepth = released.depth.encodePrediction(predictedMetres, depthSpec, { mask });
const encodedUnit = released.normals.encodePrediction(predictedUnit, normalsSpec, { mask });

/** Ours, by the name of its golden case: the result and the leaf its gradient is taken for. */
const ours: Record<string, { result: Tensor; leaf?: Tensor }> = {
  "segmentation.loss": {
    result: segmentation.learning.loss(logits, classes, valid, segmentationSpec),
    leaf: logits,
  },
  "segmentation.joint.label": { result: segmentation.joint.encodeLabel(classes, valid, segmentationSpec) },
  "segmentation.joint.prediction": {
    result: segmentation.joint.encodePrediction(logits, segmentationSpec),
    leaf: logits,
  },
  "segmentation.joint.reconstruction": {
    result: segmentation.joint.reconstructionLoss(
      decoded,
      segmentation.joint.encodePrediction(logits, segmentationSpec),
      valid,
      segmentationSpec,
    ),
    leaf: decoded,
  },
  "segmentation.released.hard": {
    result: released.segmentation.encodePrediction(logits, segmentationSpec, { mask, noise }),
    leaf: logits,
  },
  "segmentation.released.soft": {
    result: released.segmentation.encodePrediction(logits, segmentationSpec, { mask }),
    leaf: logits,
  },
  "segmentation.released.reconstruction.label": {
    result: released.segmentation.reconstructionLoss(
      decoded,
      released.segmentation.labelTarget(classes, valid, segmentationSpec),
      mask,
      segmentationSpec,
    ),
    leaf: decoded,
  },
  "segmentation.released.reconstruction.sample": {
    result: released.segmentation.reconstructionLoss(decoded, sample, mask, segmentationSpec),
    leaf: decoded,
  },
  "depth.loss": {
    result: depth.learning.loss(predictedMetres, metres, valid, depthSpec),
    leaf: predictedMetres,
  },
  "depth.joint.reconstruction": {
    result: depth.joint.reconstructionLoss(decodedDepth, predictedMetres, valid, depthSpec),
    leaf: decodedDepth,
  },
  "depth.released.label": { result: released.depth.encodeLabel(metres, valid, depthSpec) },
  "depth.released.prediction": { result: encodedDepth, leaf: predictedMetres },
  "depth.released.reconstruction.label": {
    result: released.depth.reconstructionLoss(
      decodedDepth,
      released.depth.labelTarget(metres, valid, depthSpec),
      mask,
      depthSpec,
    ),
    leaf: decodedDepth,
  },
  "depth.released.reconstruction.substitute": {
    result: released.depth.reconstructionLoss(
      decodedDepth,
      released.depth.substituteTarget(predictedMetres, depthSpec, { mask }),
      mask,
      depthSpec,
    ),
    leaf: decodedDepth,
  },
  "depth.released.reconstruction.prediction": {
    result: released.depth.reconstructionLoss(
      decodedDepth,
      released.depth.predictionTarget(predictedMetres, encodedDepth, depthSpec, { mask }),
      mask,
      depthSpec,
    ),
    leaf: decodedDepth,
  },
  // The other maps in [0, 1] share these functions.
  "reshading.loss": {
    result: reshading.learning.loss(predictedShading, shades, valid, reshadingSpec),
    leaf: predictedShading,
  },
  "reshading.joint.label": { result: reshading.joint.encodeLabel(shades, valid, reshadingSpec) },
  "reshading.joint.reconstruction": {
    result: reshading.joint.reconstructionLoss(decodedDepth, predictedShading, valid, reshadingSpec),
    leaf: decodedDepth,
  },
  "normals.loss": {
    result: normals.learning.loss(predictedUnit, unit, valid, normalsSpec),
    leaf: raw,
  },
  "normals.activate": { result: predictedUnit, leaf: raw },
  "normals.joint.reconstruction": {
    result: normals.joint.reconstructionLoss(decodedVector, predictedUnit, valid, normalsSpec),
    leaf: decodedVector,
  },
  "normals.released.label": { result: released.normals.encodeLabel(unit, valid, normalsSpec) },
  "normals.released.prediction": { result: encodedUnit, leaf: raw },
  "normals.released.reconstruction.label": {
    result: released.normals.reconstructionLoss(
      decodedVector,
      released.normals.labelTarget(unit, valid, normalsSpec),
      mask,
      normalsSpec,
    ),
    leaf: decodedVector,
  },
  "normals.released.reconstruction.substitute": {
    result: released.normals.reconstructionLoss(
      decodedVector,
      released.normals.substituteTarget(predictedUnit, normalsSpec, { mask }),
      mask,
      normalsSpec,
    ),
    leaf: decodedVector,
  },
  "normals.released.reconstruction.prediction": {
    result: released.normals.reconstructionLoss(
      decodedVector,
      released.normals.predictionTarget(predictedUnit, encodedUnit, normalsSpec, { mask }),
      mask,
      normalsSpec,
    ),
    leaf: decodedVector,
  },
};

/** The scalar whose gradient is stored: losses weighted by sample, encodings by a random cotangent. */
function weighted(result: Tensor): Tensor {
  if (result.shape.length === 1) return reduceSum(mul(result, constant(golden.weights, [3])));
  const cotangent = slice(goldenInput("cotangent"), { axes: [1], starts: [0], ends: [result.shape[1]] });
  return reduceSum(mul(result, cotangent));
}

describe("golden values from PyTorch", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await nodeEngine({ provider: "cpu", threads: 1 });
  });

  test("every stored case is compared", () => {
    expect(Object.keys(ours).sort()).toEqual(Object.keys(golden.cases).sort());
  });

  test.each(Object.keys(ours))("%s", async (name) => {
    const { result, leaf } = ours[name];
    const expected = golden.cases[name];
    const outputs: Record<string, Tensor> = { value: result };
    if (leaf !== undefined) [outputs.gradient] = gradients(weighted(result), [leaf]);
    const got = await evaluate(engine, outputs, goldenFeeds);
    expectClose(got.value, expected.value.data);
    if (leaf !== undefined) expectClose(got.gradient, expected.gradient!.data);
  });
});

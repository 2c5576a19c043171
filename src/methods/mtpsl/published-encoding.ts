/** @file How tasks enter a pair-wise space in MTPSL's published code (variant: released), by kind of task. */
import { add, div, mul } from "../../graph/ops/arithmetic.js";
import { reduceMax } from "../../graph/ops/reduce.js";
import type { Tensor } from "../../graph/tensor.js";
import {
  jtrPublished,
  masked,
  type PublishedEncoding,
  type PublishedTable,
} from "../jtr/published-encoding.js";

/**
 * Divided by the sample's largest value (plus 1e-12), through which gradients flow too; invalid pixels of
 * labels are 0.
 */
const depth: PublishedEncoding = {
  noiseChannels: 0,
  encodePrediction: (prediction, draw = {}) => overMaximum(masked(prediction, draw)),
  encodeLabel: (label, valid) => overMaximum(mul(label, valid)),
};

function overMaximum(x: Tensor): Tensor {
  return div(x, add(reduceMax(x, { axes: [1, 2, 3], keepDims: true }), 1e-12));
}

/** Segmentation and normals enter as they enter JTR's joint space. */
export const mtpslPublished: PublishedTable<PublishedEncoding> = {
  segmentation: jtrPublished.segmentation,
  depth: () => depth,
  normals: jtrPublished.normals,
};

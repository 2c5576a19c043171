/**
 * @file The second part of a task: how a network's output becomes its prediction, and what it learns from.
 */
import type { Tensor } from "../../graph/tensor.js";
import type { TaskSpec } from "./spec.js";

/** Functions over batches: predictions [N,C,H,W], labels [N,L,H,W], valid [N,1,H,W] of zeros and ones. */
export interface TaskLearning<S extends TaskSpec = TaskSpec> {
  /** Channels C of a prediction. */
  channels(spec: S): number;
  /** What they are made of, in their order, where a network may give each part a layer of its own. */
  parts?(spec: S): readonly HeadPart[];
  /**
   * Network output [N,C,H,W] -> prediction (normals: unit length; the others unchanged: logits, metres,
   * shares).
   */
  activate(output: Tensor, spec: S): Tensor;
  /**
   * Predictions decided on, where they are scores, e.g. the class with the highest one: int64 [N,1,H,W]. Left
   * out where their values are what counts.
   */
  decide?(prediction: Tensor, spec: S): Tensor;
  /** What the values of a prediction are, with their unit, in words: `depth in metres`. */
  readonly meaning?: string;
  /**
   * What the loss is the negative logarithm of: a probability of classes, or a density around a value.
   * Weightings by uncertainty differ in it.
   */
  readonly likelihood: "classification" | "regression";
  /** Loss of every sample, float32 [N]; 0 for a sample without a valid pixel. */
  loss(prediction: Tensor, label: Tensor, valid: Tensor, spec: S): Tensor;
  /**
   * Mends the values of predictions [N,C,H,W] after they were resampled as images are, as `mirrored` and
   * `scaled` do for labels. Differentiable.
   */
  moved(prediction: Tensor, motion: Motion): Tensor;
  /**
   * Predictions [N,C,H,W] as labels [N,L,H,W] of their own kind, e.g. a teacher's for its student. Detached.
   * `confidence` (0 to 1) is the least probability at which a label holds, for tasks that predict
   * probabilities; others ignore it.
   */
  pseudoLabel(prediction: Tensor, spec: S, confidence: number): PseudoLabel;
}

/** Channels of a prediction that belong together. */
export interface HeadPart {
  readonly name: string;
  readonly channels: number;
  /** The frame of a sweep that they are of, 0 the present one; of all frames together if left out. */
  readonly frame?: number;
  /** What they start at; about 0 if left out. */
  readonly start?: number;
}

/** How the images of a batch were changed. */
export interface Motion {
  /** Shape [N,1,1,1]; -1 where the image was mirrored left-right, else 1. */
  readonly side: Tensor;
  /** Shape [N,1,1,1]; how much larger things look. */
  readonly enlargement: Tensor;
}

/** A label made of a prediction; no gradient passes it. */
export interface PseudoLabel {
  /** [N,L,H,W] */
  readonly label: Tensor;
  /** [N,1,H,W], ones where the label holds. */
  readonly valid: Tensor;
}

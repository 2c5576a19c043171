/** @file The contract every task fulfils: how its labels are stored, learned from, measured and drawn. */
import type { z } from "zod";
import type { Tensor } from "../graph/tensor.js";

/** Pixels as they stand in a file: interleaved rows (height, width, channels). */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** 8- or 16-bit integers from PNG, or floats from .npy. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
}

/** A dense label in memory, planar. */
export interface LabelMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** [channels, height, width]; what the values mean is the task's business (class index, metres, unit vector). */
  readonly data: Float32Array;
  /** [height, width]: 1 where the label holds, 0 where it is to be ignored. Values under 0 are finite but meaningless. */
  readonly valid: Uint8Array;
}

/** A prediction of one image, planar [channels, height, width], after the task's activation. */
export interface PredictionMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

/** Interleaved 8-bit RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** What dataset.yaml says of one task. Further fields belong to the kind. */
export interface TaskSpec {
  readonly kind: string;
}

export interface MetricInfo {
  readonly name: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
}

/** Sums over images; `result` may be asked at any time. A metric without a single valid pixel is NaN. */
export interface MetricAccumulator {
  update(prediction: PredictionMap, label: LabelMap): void;
  result(): Record<string, number>;
}

/**
 * A task. `S` is its entry in dataset.yaml. Graph functions take batches: predictions [N,C,H,W], labels [N,L,H,W], valid [N,1,H,W]
 * of zeros and ones.
 */
export interface TaskKind<S extends TaskSpec = TaskSpec> {
  readonly kind: string;
  readonly specSchema: z.ZodType<S>;

  /** Channels of the prediction and of the label. */
  channels(spec: S): number;
  labelChannels(spec: S): number;

  /** File pixels -> label. `where` names the file in errors. Throws UserError on values the spec does not allow. */
  decode(raster: Raster, spec: S, where: string): LabelMap;
  /** Label -> file pixels, the inverse of `decode` up to the file's precision. */
  encode(label: LabelMap, spec: S): Raster;

  /** How augmentation moves the label along with its image. */
  readonly interpolation: "nearest" | "bilinear";
  /** Mends the values after the map was mirrored left-right (normals: x changes sign). Returns the label itself where nothing changes. */
  mirrored(label: LabelMap): LabelMap;
  /** Mends the values after the image was enlarged by `factor` about the camera's axis (depth: divided by it). */
  scaled(label: LabelMap, factor: number): LabelMap;

  /** Network output [N,C,H,W] -> prediction (normals: unit length; segmentation and depth: unchanged logits / metres). */
  activate(output: Tensor, spec: S): Tensor;
  /** Loss of every sample, float32 [N]; 0 for a sample without a valid pixel. */
  loss(prediction: Tensor, label: Tensor, valid: Tensor, spec: S): Tensor;

  /** How the task enters a joint-task space (JTR eq. 4): channels of its stack, and the stacks of prediction and label. */
  readonly joint: JointEncoding<S>;

  readonly metrics: readonly MetricInfo[];
  /** The metric that stands for the task in Delta%. One of `metrics`. */
  readonly primaryMetric: string;
  accumulator(spec: S): MetricAccumulator;

  /** Draw a prediction or a label. Ignored pixels are black. */
  drawPrediction(prediction: PredictionMap, spec: S): Picture;
  drawLabel(label: LabelMap, spec: S): Picture;
}

/** A task in a joint-task space. All tensors [N,C,H,W] with C = `channels(spec)`. */
export interface JointEncoding<S extends TaskSpec = TaskSpec> {
  encodePrediction(prediction: Tensor, spec: S): Tensor;
  encodeLabel(label: Tensor, valid: Tensor, spec: S): Tensor;
  /**
   * Reconstruction loss of every sample, float32 [N]: the auto-encoder's raw output against an encoded prediction or label.
   * `valid` [N,1,H,W] masks pixels.
   */
  reconstructionLoss(output: Tensor, target: Tensor, valid: Tensor, spec: S): Tensor;
}

/** A task of a run: its name in the dataset, its spec and its kind. */
export interface Task {
  readonly name: string;
  readonly spec: TaskSpec;
  readonly kind: TaskKind;
}

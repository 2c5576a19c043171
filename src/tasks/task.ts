/** @file The contract every task fulfils: how its labels are stored, learned from, measured and drawn. */
import type { z } from "zod";
import type { Tensor } from "../graph/tensor.js";
import type { PseudoLabel } from "./pseudo-label.js";

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
  /**
   * [channels, height, width]; what the values mean is the task's business (class index, metres, unit
   * vector).
   */
  readonly data: Float32Array;
  /**
   * 1 where the label holds, 0 where it is to be ignored, [height, width]. Values under 0 are finite but
   * meaningless.
   */
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
 * A task. `S` is its entry in dataset.yaml. Graph functions take batches: predictions [N,C,H,W], labels
 * [N,L,H,W], valid [N,1,H,W] of zeros and ones.
 */
export interface TaskKind<S extends TaskSpec = TaskSpec> {
  readonly kind: string;
  readonly specSchema: z.ZodType<S>;

  /** Channels of the prediction and of the label. */
  channels(spec: S): number;
  labelChannels(spec: S): number;

  /**
   * File pixels -> label. `where` names the file in errors. Throws UserError on values the spec does not
   * allow.
   */
  decode(raster: Raster, spec: S, where: string): LabelMap;
  /** Label -> file pixels, the inverse of `decode` up to the file's precision. */
  encode(label: LabelMap, spec: S): Raster;

  /** How augmentation moves the label along with its image. */
  readonly interpolation: "nearest" | "bilinear";
  /**
   * Mends the values after the map was mirrored left-right (normals: x changes sign). Returns the label
   * itself where nothing changes.
   */
  mirrored(label: LabelMap): LabelMap;
  /**
   * Mends the values after the map was resampled and the image enlarged by `factor` about the camera's axis:
   * depth is divided by it, normals are brought back to unit length. Factor 1 stands for resampling alone, as
   * when a sample is resized together with its camera. Returns the label itself where nothing changes.
   */
  scaled(label: LabelMap, factor: number): LabelMap;

  /**
   * Network output [N,C,H,W] -> prediction (normals: unit length; the others unchanged: logits, metres,
   * shares).
   */
  activate(output: Tensor, spec: S): Tensor;
  /** Loss of every sample, float32 [N]; 0 for a sample without a valid pixel. */
  loss(prediction: Tensor, label: Tensor, valid: Tensor, spec: S): Tensor;

  /**
   * Mends the values of predictions [N,C,H,W] after they were resampled as images are, as `mirrored` and `scaled` do for labels.
   * Differentiable.
   */
  moved(prediction: Tensor, motion: Motion): Tensor;

  /**
   * Predictions [N,C,H,W] as labels [N,L,H,W] of their own kind, e.g. a teacher's for its student. Detached. `confidence` (0 to 1) is the
   * least probability at which a label holds, for tasks that predict probabilities; others ignore it.
   */
  pseudoLabel(prediction: Tensor, spec: S, confidence: number): PseudoLabel;

  /** How the task enters a joint-task space by the paper (JTR eq. 4 and 5). */
  readonly joint: JointEncoding<S>;
  /** The same as JTR's released code does it; left out by tasks which that code does not have. */
  readonly releasedJoint?: ReleasedJointEncoding<S>;
  /** How the task enters a pair-wise space as MTPSL's released code does it; left out likewise. */
  readonly releasedPair?: ReleasedEncoding<S>;

  readonly metrics: readonly MetricInfo[];
  /** The metric that stands for the task in Delta%. One of `metrics`. */
  readonly primaryMetric: string;
  accumulator(spec: S): MetricAccumulator;

  /**
   * The range of values (in the label's unit) that a picture of this map spreads its colours over, for
   * drawing a label and the predictions of one image alike; null where the colours do not depend on a range.
   */
  drawingRange(map: LabelMap | PredictionMap, spec: S): DrawingRange | null;
  /** Draw a prediction or a label, by default over its own `drawingRange`. Ignored pixels are black. */
  drawPrediction(prediction: PredictionMap, spec: S, range?: DrawingRange | null): Picture;
  drawLabel(label: LabelMap, spec: S, range?: DrawingRange | null): Picture;
}

/** How the images of a batch were changed. */
export interface Motion {
  /** Shape [N,1,1,1]; -1 where the image was mirrored left-right, else 1. */
  readonly side: Tensor;
  /** Shape [N,1,1,1]; how much larger things look. */
  readonly enlargement: Tensor;
}

/** Lowest and highest value of a colour scale. */
export type DrawingRange = readonly [number, number];

/** A task in a joint-task space (JTR eq. 4). All tensors [N,C,H,W] with C = `channels(spec)`. */
export interface JointEncoding<S extends TaskSpec = TaskSpec> {
  /** The task's part of the stack Y^. */
  encodePrediction(prediction: Tensor, spec: S, draw?: JointDraw): Tensor;
  /**
   * The task's part of the stack Y; meaningless (but finite) where `valid` is 0, so that the method can put
   * the prediction there.
   */
  encodeLabel(label: Tensor, valid: Tensor, spec: S): Tensor;
  /**
   * An encoding's values, monotonically brought between 0 and 1; left out where they are bounded as they are. Unbounded predictions can make
   * a stack's distance small by growing: the first normalisation of the auto-encoder then leaves little of the other channels.
   */
  bounded?(values: Tensor, spec: S): Tensor;
  /**
   * Reconstruction loss of every sample, float32 [N]: the auto-encoder's raw output against a target, by the
   * paper an encoded prediction or label. `valid` [N,1,H,W] masks pixels. Gradients reach `target` too:
   * detach it for eq. 5.
   */
  reconstructionLoss(output: Tensor, target: Tensor, valid: Tensor, spec: S): Tensor;
}

/** What the released JTR encodings take besides the prediction. */
export interface JointDraw {
  /**
   * Pixels [N,1,H,W] that every labelled task of the sample holds at; others are zeroed before encoding. All
   * of them if left out.
   */
  readonly mask?: Tensor;
  /**
   * Standard Gumbel noise [N,`noiseChannels`,H,W]. A stack encoded without it is the noiseless (soft) one.
   */
  readonly noise?: Tensor;
}

/** How a task enters a joint or pair-wise space in released code, which samples classes. */
export interface ReleasedEncoding<S extends TaskSpec = TaskSpec>
  extends Pick<JointEncoding<S>, "encodePrediction" | "encodeLabel"> {
  /** Channels of Gumbel noise that one draw needs; 0 for none. */
  noiseChannels(spec: S): number;
}

/**
 * The encodings of JTR's released code. Its reconstruction compares the decoder's output with targets that
 * are not the stacks themselves, so each has a function of its own. Random draws come in as inputs, which
 * keeps the graph pure; the released code draws anew for every call.
 */
export interface ReleasedJointEncoding<S extends TaskSpec = TaskSpec>
  extends JointEncoding<S>,
    ReleasedEncoding<S> {
  /**
   * Target of the reconstructed prediction stack Y^. `encoded` is `encodePrediction`'s result for that stack.
   */
  predictionTarget(prediction: Tensor, encoded: Tensor, spec: S, draw: JointDraw): Tensor;
  /** Target of the reconstructed stack Y for samples with a label of this task. */
  labelTarget(label: Tensor, valid: Tensor, spec: S): Tensor;
  /** Target of the reconstructed stack Y for samples without one. */
  substituteTarget(prediction: Tensor, spec: S, draw: JointDraw): Tensor;
}

/** A task of a run: its name in the dataset, its spec and its kind. */
export interface Task {
  readonly name: string;
  readonly spec: TaskSpec;
  readonly kind: TaskKind;
}

/** @file The contract every task fulfils, in four parts: how its labels are stored, learned from, measured and drawn. */
import type { z } from "zod";
import type { Tensor } from "../graph/tensor.js";
import type { TaskDrawing } from "./contract/drawing.js";
import type { TaskFiles } from "./contract/files.js";
import type { TaskLearning } from "./contract/learning.js";
import type { TaskMeasuring } from "./contract/measuring.js";
import type { TaskSpec } from "./contract/spec.js";

export type * from "./contract/drawing.js";
export type * from "./contract/files.js";
export type * from "./contract/learning.js";
export type * from "./contract/maps.js";
export type * from "./contract/measuring.js";
export type * from "./contract/spec.js";

/** A kind of task. `S` is its entry in dataset.yaml. */
export interface TaskKind<S extends TaskSpec = TaskSpec> {
  readonly kind: string;
  readonly specSchema: z.ZodType<S>;
  readonly files: TaskFiles<S>;
  readonly learning: TaskLearning<S>;
  readonly metrics: TaskMeasuring<S>;
  readonly drawing: TaskDrawing<S>;

  /** How the task enters a joint-task space by the paper (JTR eq. 4 and 5). */
  readonly joint: JointEncoding<S>;
  /** The same as JTR's released code does it; left out by tasks which that code does not have. */
  readonly releasedJoint?: ReleasedJointEncoding<S>;
  /** How the task enters a pair-wise space as MTPSL's released code does it; left out likewise. */
  readonly releasedPair?: ReleasedEncoding<S>;
}

/** A task of a run: its name in the dataset, its spec and its kind. */
export interface Task {
  readonly name: string;
  readonly spec: TaskSpec;
  readonly kind: TaskKind;
}

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

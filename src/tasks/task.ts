/**
 * @file The contract every task fulfils, in four parts: how its labels are stored, learned from, measured and
 * drawn.
 */
import type { z } from "zod";
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
  /**
   * Frames of a sequence that a prediction concerns, 1 if left out. It is predicted from them together, and
   * its label is the earliest one's.
   */
  readonly frames?: number;
  readonly specSchema: z.ZodType<S>;
  /**
   * Keys of the entry that a configuration may set, too: how the task is learned and measured, not what files
   * mean. None if left out.
   */
  readonly settings?: readonly string[];
  readonly files: TaskFiles<S>;
  readonly learning: TaskLearning<S>;
  readonly metrics: TaskMeasuring<S>;
  readonly drawing: TaskDrawing<S>;
}

/** A task of a run: its name in the dataset, its spec and its kind. */
export interface Task {
  readonly name: string;
  readonly spec: TaskSpec;
  readonly kind: TaskKind;
}

/** @file What every kind of task has to fulfil, a built-in one or a plugin's. */
import { describe, expect, test } from "vitest";
import type { TaskKind, TaskSpec } from "../../../src/tasks/task.js";
import { drawingConformance } from "./drawing.js";
import { type TaskExample, taskUnderTest } from "./example.js";
import { filesConformance } from "./files.js";
import { learningConformance } from "./learning.js";
import { metricsConformance } from "./metrics.js";

export type { TaskExample } from "./example.js";

/**
 * Runs the suite on `kind`, registered under `name`; `entry` is a dataset's entry for it, as a user writes
 * it. `example` says how its labels and predictions look where they are not values in [0, 1] in both.
 */
export function taskConformance<S extends TaskSpec>(
  name: string,
  kind: TaskKind<S>,
  entry: unknown,
  example: TaskExample<S> = {},
): void {
  describe(`${name} ${JSON.stringify(entry)}`, () => {
    test("bears the name it is registered under", () => {
      expect(kind.kind).toBe(name);
    });
    const task = taskUnderTest(name, kind, entry, example);
    filesConformance(task);
    learningConformance(task);
    metricsConformance(task);
    drawingConformance(task);
  });
}

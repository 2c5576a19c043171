/** @file What the `drawing` of every task has to fulfil. */
import { describe, expect, test } from "vitest";
import { Random } from "../../../src/common/random.js";
import type { TaskSpec } from "../../../src/tasks/task.js";
import { H, type TaskUnderTest, W } from "./example.js";

export function drawingConformance<S extends TaskSpec>(task: TaskUnderTest<S>): void {
  const { spec } = task;
  const { drawing } = task.kind;
  const label = task.label(new Random(8, "draw"), 0.5);
  const prediction = task.perfect(label);

  describe("pictures", () => {
    test("have the map's size; ignored pixels are black, valid ones are not", () => {
      const picture = drawing.label(label, spec);
      expect([picture.height, picture.width, picture.data.length]).toEqual([H, W, H * W * 3]);
      label.valid.forEach((v, i) => {
        const light = picture.data[3 * i] + picture.data[3 * i + 1] + picture.data[3 * i + 2];
        if (v === 1) expect(light).toBeGreaterThan(60);
        else expect(light).toBe(0);
      });
      const drawn = drawing.prediction(prediction, spec);
      expect([drawn.height, drawn.width, drawn.data.length]).toEqual([H, W, H * W * 3]);
    });

    test("a perfect prediction over the label's range looks like the label", () => {
      const range = drawing.range(label, spec);
      const drawn = drawing.prediction(prediction, spec, range);
      const expected = drawing.label(label, spec, range);
      label.valid.forEach((v, i) => {
        if (v !== 1) return;
        expect(drawn.data.slice(3 * i, 3 * i + 3)).toEqual(expected.data.slice(3 * i, 3 * i + 3));
      });
    });
  });
}

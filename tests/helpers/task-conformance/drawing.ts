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

    test("errors are none for a perfect prediction, and not known where the label is not", () => {
      const errors = drawing.errors?.of(prediction, label, spec);
      if (errors === undefined) return;
      expect(errors).toHaveLength(H * W);
      errors.forEach((error, i) => {
        if (label.valid[i] === 1) expect(error).toBeCloseTo(0, 4);
        else expect(error).toBeNaN();
      });
      const others = drawing.errors!.of(task.prediction(new Random(9, "draw")), label, spec);
      expect(others.some((error) => error > 0)).toBe(true);
      expect(others.every((error) => Number.isNaN(error) || error >= 0)).toBe(true);
    });

    test("uncertainty lies between 0 and 1, and is least where the prediction is sure", () => {
      const sure = drawing.uncertainty?.(prediction, spec);
      if (sure === undefined) return;
      const guessed = drawing.uncertainty!(task.prediction(new Random(9, "draw")), spec);
      for (const value of [...sure, ...guessed]) {
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-6);
      }
      const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
      expect(sum(sure)).toBeLessThan(sum(guessed));
    });

    test("a legend's colours are those of pictures: none is black", () => {
      const legend = drawing.legend?.(spec);
      if (legend === undefined) return;
      const colours = legend.kind === "scale" ? legend.colours : legend.entries.map(({ colour }) => colour);
      expect(colours.length).toBeGreaterThan(1);
      for (const [red, green, blue] of colours) expect(red + green + blue).toBeGreaterThan(60);
    });
  });
}

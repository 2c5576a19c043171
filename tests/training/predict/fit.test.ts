import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planarRows } from "../../../src/data/files/rgb.js";
import { resizedDataset } from "../../../src/data/resize.js";
import type { Dataset } from "../../../src/data/types.js";
import { letterboxOf } from "../../../src/fields/resize.js";
import { taskKinds } from "../../../src/tasks/index.js";
import { fitted, fittedRows, rowsInImage } from "../../../src/training/predict/fit.js";
import { pointwiseModel, waves } from "../../helpers/pointwise.js";

const side = fc.integer({ min: 1, max: 20 });
const LETTERBOX = "letterbox";

describe("letterboxed photos", () => {
  test("are what training reads of them, row by row or whole", async () => {
    const property = fc.asyncProperty(side, side, side, side, async (height, width, rows, columns) => {
      const photo = waves(height, width);
      const taking = { size: [rows, columns], resize: LETTERBOX } as const;
      const sample = { id: "a", height, width, image: photo.data, labels: {} };
      const dataset = { info: { name: "d", tasks: {}, splits: {} }, read: async () => sample };
      const source = { format: "folder", path: "", ...taking };
      const read = await resizedDataset(dataset as unknown as Dataset, source).read("train", "a", []);
      expect(fitted(photo, taking)).toEqual(read.image);
      expect(fittedRows(planarRows(photo), taking)).toEqual(read.image);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test("whatever is predicted around them, predictions have their size and none of it", () => {
    fc.assert(
      fc.property(side, side, side, side, (height, width, rows, columns) => {
        const box = letterboxOf({ height, width }, { height: rows, width: columns });
        const data = new Float32Array(rows * columns).fill(1e9);
        for (let y = 0; y < box.height; y++) {
          for (let x = 0; x < box.width; x++) data[(box.top + y) * columns + box.left + x] = 0.25;
        }
        const map = { channels: 1, height: rows, width: columns, data };
        const taking = { size: [rows, columns], resize: LETTERBOX } as const;
        const whole = rowsInImage(map, taskKinds.depth, { height, width }, taking)(0, height);
        expect([whole.height, whole.width]).toEqual([height, width]);
        for (const value of whole.data) expect(value).toBeCloseTo(0.25, 6);
      }),
    );
  });

  test("are predicted as at their own size by a network that sees single pixels", async () => {
    const photo = waves(32, 20);
    const model = await pointwiseModel({ size: [32, 48], resize: LETTERBOX, tasks: ["depth"] });
    const own = await pointwiseModel({ size: [32, 20], tasks: ["depth"] });
    expect((await model.predict(photo)).depth).toEqual((await own.predict(photo)).depth);
    for (const each of [model, own]) await each.release();
  });
});

test("a network of image parts predicts whole images window by window, small ones too", async () => {
  const model = await pointwiseModel({ size: [16, 24], resize: "crop" });
  for (const [height, width] of [
    [40, 61],
    [9, 7],
  ]) {
    const photo = waves(height, width);
    const own = await pointwiseModel({ size: [height, width] });
    const [got, expected] = [await model.predict(photo), await own.predict(photo)];
    await own.release();
    for (const task of Object.keys(expected)) {
      expect(got[task].data).toHaveLength(expected[task].data.length);
      const worst = got[task].data.reduce(
        (most, v, i) => Math.max(most, Math.abs(v - expected[task].data[i])),
        0,
      );
      expect(worst).toBeLessThan(2e-5);
    }
  }
  await model.release();
});

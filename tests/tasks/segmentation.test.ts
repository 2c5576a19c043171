import { describe, expect, test } from "vitest";
import { segmentation } from "../../src/tasks/index.js";
import type { LabelMap, PredictionMap } from "../../src/tasks/task.js";
import { imageOf } from "../helpers/measured.js";

const entry = { kind: "segmentation", classes: ["wall", "floor", "chair"] };
const spec = segmentation.specSchema.parse(entry);

/** Logits whose largest is at the given classes. */
function predicting(classes: readonly number[], count = 3): PredictionMap {
  const data = new Float32Array(count * classes.length);
  classes.forEach((k, i) => {
    data[k * classes.length + i] = 5;
  });
  return { channels: count, height: 1, width: classes.length, data };
}

function labelled(classes: readonly number[], ignore = 255): LabelMap {
  const raster = { width: classes.length, height: 1, channels: 1, data: Uint8Array.from(classes) };
  return segmentation.files.decode(raster, { ...spec, ignore }, "label.png");
}

function measure(predicted: readonly number[], truth: readonly number[]): Record<string, number> {
  const accumulator = segmentation.metrics.accumulator(spec);
  const label = labelled(truth);
  accumulator.update(predicting(predicted), label, imageOf(label));
  return accumulator.result();
}

describe("segmentation files", () => {
  test("a class index out of range names file, value, place and remedy", () => {
    const raster = { width: 2, height: 2, channels: 1, data: Uint8Array.from([0, 1, 37, 255]) };
    expect(() => segmentation.files.decode(raster, spec, "train/segmentation/7.png")).toThrow(
      "train/segmentation/7.png: a class index is out of range (expected whole numbers 0 to 2, or 255 for ignored " +
        "pixels, got 37 at row 1, column 0). Correct the file, or name the missing classes under `classes`, or set " +
        "`ignore` to this value.",
    );
  });

  test("fractions and negative values of .npy files are refused, -1 may be the ignored value", () => {
    const raster = (data: number[]) => ({ width: 2, height: 1, channels: 1, data: Float32Array.from(data) });
    expect(() => segmentation.files.decode(raster([0, 1.5]), spec, "a.npy")).toThrow(/got 1.5/);
    expect(() => segmentation.files.decode(raster([0, -1]), spec, "a.npy")).toThrow(/got -1/);
    expect(() => segmentation.files.decode(raster([0, Number.NaN]), spec, "a.npy")).toThrow(/got NaN/);
    const unusual = { ...spec, ignore: -1 };
    const label = segmentation.files.decode(raster([2, -1]), unusual, "a.npy");
    expect([...label.valid]).toEqual([1, 0]);
    expect(segmentation.files.encode(label, unusual).data).toEqual(Float32Array.from([2, -1]));
  });

  test("a file of ignored pixels alone is a label without valid pixels", () => {
    expect([...labelled([255, 255]).valid]).toEqual([0, 0]);
  });

  test("values above 255 are written with 16 bits", () => {
    const many = { ...spec, classes: Array.from({ length: 300 }, (_, i) => `c${i}`), ignore: 65535 };
    const raster = { width: 2, height: 1, channels: 1, data: Uint16Array.from([299, 65535]) };
    expect(segmentation.files.encode(segmentation.files.decode(raster, many, "a.png"), many)).toEqual(raster);
  });
});

describe("segmentation metrics", () => {
  test("worked example", () => {
    // class 0: 1 of {0,1} -> 1/2; class 1: hit 1, union {1,2} -> 1/2; class 2: 1/1
    const result = measure([0, 1, 1, 2], [0, 0, 1, 2]);
    expect(result.mIoU).toBeCloseTo((100 * (0.5 + 0.5 + 1)) / 3, 10);
    expect(result.pixelAccuracy).toBe(75);
  });

  test("a class neither labelled nor predicted is left out; one only predicted counts as 0", () => {
    expect(measure([0, 1], [0, 1]).mIoU).toBe(100);
    expect(measure([0, 1, 2], [0, 1, 255]).mIoU).toBe(100);
    expect(measure([0, 2], [0, 0]).mIoU).toBeCloseTo(25, 10);
  });

  test("mIoU does not change when prediction and label change places, nor when classes are renamed", () => {
    const [a, b] = [
      [0, 1, 2, 2, 1, 0, 0],
      [0, 2, 2, 1, 1, 1, 0],
    ];
    const rename = (k: number) => (k + 1) % 3;
    const { mIoU } = measure(a, b);
    expect(measure(b, a).mIoU).toBeCloseTo(mIoU, 10);
    expect(measure(a.map(rename), b.map(rename)).mIoU).toBeCloseTo(mIoU, 10);
  });

  test("comes from the confusion of the whole set, not from a mean over images", () => {
    const accumulator = segmentation.metrics.accumulator(spec);
    const [first, second] = [labelled([0, 0, 0]), labelled([1])];
    accumulator.update(predicting([0, 0, 0]), first, imageOf(first, "0"));
    accumulator.update(predicting([0]), second, imageOf(second, "1"));
    // class 0: 3/4, class 1: 0/1; the mean of per-image values would be 50.
    expect(accumulator.result().mIoU).toBeCloseTo(37.5, 10);
  });
});

describe("segmentation pictures", () => {
  test("sixty classes have sixty colours, none near black", () => {
    const classes = Array.from({ length: 60 }, (_, i) => i);
    const { data } = segmentation.drawing.prediction(predicting(classes, 60), spec);
    const colours = classes.map((i) => data.slice(3 * i, 3 * i + 3).join());
    expect(new Set(colours).size).toBe(60);
    for (const i of classes) expect(Math.max(...data.slice(3 * i, 3 * i + 3))).toBeGreaterThan(60);
  });
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { Random } from "../../../src/common/random.js";
import { rgbRows } from "../../../src/data/files/rgb.js";
import { resample } from "../../../src/fields/resample.js";
import { triangleTaps } from "../../../src/fields/taps.js";
import { taskKinds } from "../../../src/tasks/index.js";
import type { PredictionMap, TaskKind } from "../../../src/tasks/task.js";
import { mends, resized, resizedRows, rowsAtSize } from "../../../src/training/predict/enlarge.js";

const side = fc.integer({ min: 1, max: 12 });

function randomMap(channels: number, height: number, width: number): PredictionMap {
  const random = new Random(height, `${width}`);
  const data = Float32Array.from({ length: channels * height * width }, () => random.normal());
  return { channels, height, width, data };
}

/** Strips of the heights given, one below the other. */
function joined(map: PredictionMap, kind: TaskKind, size: { height: number; width: number }, strip: number) {
  const rowsOf = rowsAtSize(map, kind, size);
  const data = new Float32Array(map.channels * size.height * size.width);
  for (let top = 0; top < size.height; top += strip) {
    const rows = rowsOf(top, Math.min(top + strip, size.height));
    const count = rows.height * size.width;
    for (let c = 0; c < map.channels; c++) {
      data.set(rows.data.subarray(c * count, (c + 1) * count), (c * size.height + top) * size.width);
    }
  }
  return data;
}

test("strips of rows are those of the whole, whatever their height, also where the task mends them", () => {
  fc.assert(
    fc.property(side, side, side, side, side, (h, w, height, width, strip) => {
      const size = { height, width };
      for (const [kind, channels] of [
        [taskKinds.segmentation, 4],
        [taskKinds.normals, 3],
      ] as const) {
        const map = randomMap(channels, h, w);
        expect(joined(map, kind, size, strip)).toEqual(rowsAtSize(map, kind, size)(0, height).data);
      }
    }),
  );
});

test("scores are enlarged bilinearly, and stay what they are at their own size", () => {
  const map = randomMap(3, 4, 5);
  const kind = taskKinds.segmentation;
  const { data } = rowsAtSize(map, kind, { height: 9, width: 7 })(0, 9);
  expect(data).toEqual(resample(map.data, 3, 4, 5, triangleTaps(4, 9), triangleTaps(5, 7)));
  expect(rowsAtSize(map, kind, map)(0, 4)).toBe(map);
});

test("only kinds whose mixed values need it are mended", () => {
  const mending = Object.values(taskKinds).filter((kind) => mends(kind, kind.kind === "normals" ? 3 : 1));
  expect(mending.map(({ kind }) => kind)).toEqual(["normals"]);
});

test("an image resized row by row is the one resized whole, of every type of pixels", () => {
  const random = new Random(5, "pixels");
  for (const [Values, channels] of [
    [Uint8Array, 3],
    [Uint8Array, 1],
    [Uint16Array, 4],
    [Float32Array, 3],
  ] as const) {
    const value = () => (Values === Float32Array ? random.uniform() : random.integer(256));
    const raster = { width: 9, height: 7, channels, data: new Values(63 * channels).map(value) };
    const rows = rgbRows(raster, "x.png");
    const whole = new Float32Array(3 * 63);
    for (let c = 0; c < 3; c++) {
      for (let y = 0; y < 7; y++) rows.readRow(c, y, whole.subarray((c * 7 + y) * 9, (c * 7 + y + 1) * 9));
    }
    for (const size of [
      { height: 4, width: 5 },
      { height: 14, width: 10 },
      { height: 7, width: 9 },
    ]) {
      expect(resizedRows(rows, size)).toEqual(resized({ height: 7, width: 9, data: whole }, size));
    }
  }
});

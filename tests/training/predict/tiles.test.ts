import { afterAll, describe, expect, test } from "vitest";
import type { RgbRows } from "../../../src/data/files/rgb.js";
import { taskKinds } from "../../../src/tasks/index.js";
import type { PredictionMap } from "../../../src/tasks/task.js";
import { Band } from "../../../src/training/predict/band.js";
import type { LoadedModel } from "../../../src/training/predict/index.js";
import type { Strip } from "../../../src/training/predict/strips.js";
import { fitsWindow, type Tiling, tiledStrips } from "../../../src/training/predict/tiles.js";
import { type PointwiseOptions, pointwiseModel, waves } from "../../helpers/pointwise.js";

const opened: LoadedModel[] = [];
afterAll(async () => {
  for (const model of opened) await model.release();
});
async function modelOf(options: PointwiseOptions): Promise<LoadedModel> {
  const model = await pointwiseModel(options);
  opened.push(model);
  return model;
}

type Image = ReturnType<typeof waves>;

function rowsOf({ width, height, data }: Image): RgbRows {
  const readRow = (c: number, y: number, out: Float32Array) =>
    out.set(data.subarray((c * height + y) * width, (c * height + y + 1) * width));
  return { width, height, readRow };
}

/** The strips of each task as one map. */
async function whole(
  strips: AsyncIterable<Strip>,
  { height, width }: Image,
): Promise<Record<string, PredictionMap>> {
  const maps: Record<string, PredictionMap> = {};
  let next = 0;
  for await (const strip of strips) {
    expect(strip.top).toBe(next);
    for (const [task, rows] of Object.entries(strip.maps)) {
      const { channels, height: count } = rows;
      maps[task] ??= { channels, height, width, data: new Float32Array(channels * height * width) };
      for (let c = 0; c < channels; c++) {
        const plane = rows.data.subarray(c * count * width, (c + 1) * count * width);
        maps[task].data.set(plane, (c * height + strip.top) * width);
      }
      next = strip.top + count;
    }
  }
  expect(next).toBe(height);
  return maps;
}

/** The largest difference between two maps. */
function distance(a: PredictionMap, b: PredictionMap): number {
  expect([a.channels, a.height, a.width]).toEqual([b.channels, b.height, b.width]);
  return a.data.reduce((most, value, i) => Math.max(most, Math.abs(value - b.data[i])), 0);
}

describe("a network that sees single pixels predicts by windows what it predicts of the whole", () => {
  test.each<[string, readonly [number, number], number, Tiling]>([
    ["larger in both sides", [40, 61], 1, {}],
    ["in batches", [40, 61], 4, { overlap: 0.5 }],
    ["without overlap", [32, 48], 1, { overlap: 0 }],
    ["that are smaller than windows in height", [9, 61], 3, {}],
    ["that are smaller than windows in width", [40, 7], 1, { overlap: 0.9 }],
  ])("images %s", async (_what, size, batchSize, tiling) => {
    const image = waves(...size);
    const tiled = await whole(tiledStrips(await modelOf({ batchSize }), rowsOf(image), tiling), image);
    const expected = await (await modelOf({ size })).predict(image);
    expect(Object.keys(tiled)).toEqual(Object.keys(expected));
    for (const task of Object.keys(expected))
      expect(distance(tiled[task], expected[task])).toBeLessThan(2e-5);
  });
});

test("an image of the network's size, as one window, is predicted as without windows", async () => {
  const model = await modelOf({ tasks: ["segmentation", "depth"] });
  const image = waves(16, 24);
  expect(await whole(tiledStrips(model, rowsOf(image), {}), image)).toEqual(await model.predict(image));
});

test("windows of another size are resized to the network's, and their predictions back", async () => {
  const model = await modelOf({ tasks: ["depth"] });
  const even = { height: 70, width: 100, data: new Float32Array(3 * 7000).fill(0.25) };
  const [expected] = (await model.predict(even)).depth.data;
  const { depth } = await whole(tiledStrips(model, rowsOf(even), { size: [32, 48] }), even);
  expect(Math.max(...depth.data.map((value) => Math.abs(value - expected)))).toBeLessThan(1e-6);
});

test("only images beyond a window are cut", async () => {
  const model = await modelOf({});
  expect(fitsWindow(model, { height: 16, width: 24 }, {})).toBe(true);
  expect(fitsWindow(model, { height: 5, width: 7 }, {})).toBe(true);
  expect(fitsWindow(model, { height: 16, width: 25 }, {})).toBe(false);
  expect(fitsWindow(model, { height: 17, width: 24 }, { size: [32, 32] })).toBe(true);
});

test("where windows contradict each other beyond mending, the one with the larger share has its way", () => {
  const band = new Band(taskKinds.normals, 3, 1, 2);
  const normal = (x: number) => ({
    channels: 3,
    height: 1,
    width: 2,
    data: Float32Array.of(x, x, 0, 0, 0, 0),
  });
  const place = (...columns: number[]) => ({
    ...{ top: 0, left: 0 },
    rows: Float64Array.of(1),
    columns: Float64Array.from(columns),
  });
  band.add(normal(1), place(0.51, 0.49));
  band.add(normal(-1), place(0.49, 0.51));
  expect([...band.rows(0, 1).data]).toEqual([1, -1, 0, 0, 0, 0]);
});

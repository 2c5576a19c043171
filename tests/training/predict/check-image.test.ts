import { afterAll, expect, test } from "vitest";
import type { RgbImage } from "../../../src/data/files/raster.js";
import { pointwiseModel, waves } from "../../helpers/pointwise.js";

const model = await pointwiseModel();
afterAll(() => model.release());
const good = waves(4, 5);

test.each<[what: string, change: object, type: ErrorConstructor, message: string | RegExp]>([
  [
    "bytes",
    { data: new Uint8Array(60) },
    TypeError,
    "as a Float32Array of values from 0 to 1, not Uint8Array",
  ],
  ["a list", { data: Array.from(good.data) }, TypeError, "not Array"],
  ["doubles", { data: Float64Array.from(good.data) }, TypeError, "not Float64Array"],
  ["nothing", { data: undefined }, TypeError, "not undefined"],
  ["one channel", { data: new Float32Array(20) }, RangeError, "60 values at 4x5, not 20"],
  ["four channels", { data: new Float32Array(80) }, RangeError, "60 values at 4x5, not 80"],
  [
    "8-bit values",
    { data: good.data.map((v) => 255 * v) },
    RangeError,
    /value \d+ is [\d.]+; divide 8-bit values by 255/,
  ],
  ["values around zero", { data: good.data.map((v) => v - 0.5) }, RangeError, /value \d+ is -[\d.]+$/],
  ["NaN", { data: good.data.map((v, i) => (i === 7 ? Number.NaN : v)) }, RangeError, /value 7 is NaN/],
  ["half a pixel", { width: 2.5, height: 8 }, RangeError, "width is a whole number from 1 on, not 2.5"],
  [
    "no height",
    { height: 0, data: new Float32Array(0) },
    RangeError,
    "height is a whole number from 1 on, not 0",
  ],
  ["no size", { width: undefined }, RangeError, "not undefined"],
])("%s is no image", async (_what, change, type, message) => {
  const error = await model.predict({ ...good, ...change } as RgbImage).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(type);
  expect((error as Error).message).toMatch(message);
});

test("what resampling leaves beyond 0 and 1 is taken", async () => {
  const data = good.data.map((value, i) => (i === 0 ? 1.001 : i === 1 ? -0.001 : value));
  expect((await model.predict({ ...good, data })).depth.data).toHaveLength(20);
});

import { describe, expect, test } from "vitest";
import { boundaries, type LabelMap, type Raster } from "../../../src/tasks/index.js";

const spec = (options: object = {}) => boundaries.specSchema.parse({ kind: "boundaries", ...options });
const raster = (data: Raster["data"]): Raster => ({ width: data.length, height: 1, channels: 1, data });
const decode = (data: Raster["data"], options: object = {}) =>
  boundaries.files.decode(raster(data), spec(options), "a.png");
const label = (planes: readonly (readonly number[])[], valid: readonly number[]): LabelMap => ({
  ...{ channels: planes.length, height: 1, width: valid.length },
  data: Float32Array.from(planes.flat()),
  valid: Uint8Array.from(valid),
});

describe("files", () => {
  test("hold a bit for each annotator", () => {
    const { data } = decode(Uint8Array.of(0, 1, 2, 7), { annotators: 3 });
    expect([...data]).toEqual([0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1]);
  });

  test("of one annotator hold 0 and 1, or 0 and white", () => {
    expect([...decode(Uint8Array.of(0, 1, 255)).data]).toEqual([0, 1, 1]);
    expect([...decode(Uint16Array.of(0, 1, 65535)).data]).toEqual([0, 1, 1]);
    expect([...decode(Float32Array.of(0, 1, Number.NaN)).valid]).toEqual([1, 1, 0]);
    expect([...decode(Uint8Array.of(0, 1, 255), { invalid: 255 }).valid]).toEqual([1, 1, 0]);
  });

  test.each([
    [{}, Uint8Array.of(0, 37), "expected 0, or 1 or 255 for a boundary, got 37 at row 0, column 1"],
    [{ annotators: 3 }, Uint8Array.of(8), "expected whole numbers from 0 to 7: bit 0 is the first"],
    [{ annotators: 3 }, Float32Array.of(0.5), "got 0.5 at row 0, column 0"],
    [{ invalid: 9 }, Uint8Array.of(9, 9), "no pixel of the label file is valid"],
  ])("%j: %j is refused", (options, data, message) => {
    expect(() => decode(data, options)).toThrow(message);
  });

  test("of one annotator are written so that no mark reads as invalid", () => {
    for (const invalid of [1, 7, 255]) {
      const own = spec({ invalid });
      const marked = label([[1, 1, 0, 0]], [1, 1, 1, 0]);
      const again = boundaries.files.decode(boundaries.files.encode(marked, own), own, "a.png");
      expect([...again.valid]).toEqual([1, 1, 1, 0]);
      expect([...again.data]).toEqual([1, 1, 0, 0]);
    }
  });
});

test.each([
  [{ annotators: 2, agreement: 3 }, "agreement"],
  [{ annotators: 3, invalid: 7 }, "invalid"],
  [{ annotators: 17 }, "annotators"],
  [{ positiveWeight: 1 }, "positiveWeight"],
  [{ tolerance: 0.2 }, "tolerance"],
])("an entry %j is refused", (options, key) => {
  const parsed = boundaries.specSchema.safeParse({ kind: "boundaries", ...options });
  expect(parsed.error?.issues[0].path).toEqual([key]);
});

test("labels that are mostly boundaries are suspicious", () => {
  const of = (mean: number) => ({
    ...{ files: 3, storedBits: [8], validShare: 1, classes: [] },
    values: [{ min: 0, max: 1, mean }],
  });
  expect(boundaries.files.suspicions!(of(0.9), spec())).toMatchObject([
    { code: "label.inverted-boundaries" },
  ]);
  expect(boundaries.files.suspicions!(of(0.05), spec())).toEqual([]);
});

import { describe, expect, test } from "vitest";
import { depth } from "../../src/tasks/index.js";

const spec = depth.specSchema.parse({ kind: "depth" });

describe("depth files", () => {
  test("integers are steps of `scale`, floats are metres", () => {
    const size = { width: 2, height: 1, channels: 1 };
    const png = { ...size, data: Uint16Array.from([0, 2500]) };
    expect([...depth.files.decode(png, spec, "a.png").data]).toEqual([0, 2.5]);
    expect([...depth.files.decode(png, { ...spec, scale: 0.0002 }, "a.png").data]).toEqual([0, 0.5]);
    const npy = { ...size, data: Float32Array.from([0, 2.5]) };
    expect([...depth.files.decode(npy, spec, "a.npy").data]).toEqual([0, 2.5]);
  });

  test("NaN, infinities, negative values, 0 and the invalid value are invalid", () => {
    const data = Float32Array.from([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -2,
      0,
      99,
      3,
    ]);
    const label = depth.files.decode(
      { width: 7, height: 1, channels: 1, data },
      { ...spec, invalid: 99 },
      "a.npy",
    );
    expect([...label.valid]).toEqual([0, 0, 0, 0, 0, 0, 1]);
    expect([...label.data]).toEqual([0, 0, 0, 0, 0, 0, 3]);
  });

  test("a file without a valid pixel is refused by name", () => {
    const raster = { width: 2, height: 2, channels: 1, data: new Uint16Array(4) };
    expect(() => depth.files.decode(raster, spec, "train/depth/3.png")).toThrow(
      /^train\/depth\/3\.png: no pixel of the label file is valid\. Check `scale` and `invalid`/,
    );
  });

  test("a valid depth never turns into the invalid value", () => {
    const label = {
      channels: 1,
      height: 1,
      width: 3,
      data: Float32Array.from([6e-4, 65.535, 7]),
      valid: Uint8Array.of(1, 1, 0),
    };
    expect([...depth.files.encode(label, spec).data]).toEqual([1, 65535, 0]);
    expect([...depth.files.encode(label, { ...spec, invalid: 65535 }).data]).toEqual([1, 65534, 65535]);
    expect([...depth.files.encode(label, { ...spec, invalid: 1 }).data]).toEqual([2, 65535, 1]);
    expect([...depth.files.encode(label, { ...spec, invalid: -1 }).data]).toEqual([1, 65535, 0]);
  });

  test("depths that 16-bit steps cannot hold are written as floats, none is clipped", () => {
    for (const far of [65.536, 120, 4e-4]) {
      const data = Float32Array.of(far, 2, 3);
      const label = { channels: 1, height: 1, width: 3, data, valid: Uint8Array.of(1, 1, 0) };
      const raster = depth.files.encode(label, spec);
      expect(raster.data).toEqual(Float32Array.of(far, 2, Number.NaN));
      const back = depth.files.decode(raster, spec, "d.npy");
      expect([...back.data.subarray(0, 2), ...back.valid]).toEqual([Math.fround(far), 2, 1, 1, 0]);
    }
  });

  test.each([Uint8Array, Int8Array, Uint16Array, Int16Array, Uint32Array, Int32Array])(
    "%o holds steps of `scale`",
    (Type) => {
      const raster = { width: 3, height: 1, channels: 1, data: Type.of(0, 3, 100) };
      const label = depth.files.decode(raster, { ...spec, scale: 0.5 }, "d");
      expect([...label.data, ...label.valid]).toEqual([0, 1.5, 50, 0, 1, 1]);
    },
  );

  test("enlarging by a factor divides metres by it", () => {
    const label = { channels: 1, height: 1, width: 1, data: Float32Array.of(3), valid: Uint8Array.of(1) };
    expect([...depth.files.scaled(label, 1.5).data]).toEqual([2]);
    expect(depth.files.scaled(label, 1)).toBe(label);
    expect(depth.files.mirrored(label)).toBe(label);
  });

  test("a range whose ends are exchanged is refused", () => {
    expect(depth.specSchema.safeParse({ kind: "depth", range: [5, 1] }).success).toBe(false);
  });
});

describe("depth pictures", () => {
  const label = {
    channels: 1,
    height: 1,
    width: 3,
    data: Float32Array.of(1, 2, 3),
    valid: Uint8Array.of(1, 1, 1),
  };
  const colours = (picture: { data: Uint8Array }) =>
    [0, 1, 2].map((i) => [...picture.data.slice(3 * i, 3 * i + 3)]);

  test("near is bright yellow, far dark violet", () => {
    const [near, , far] = colours(depth.drawing.label(label, spec));
    expect(near).toEqual([0xfd, 0xe7, 0x25]);
    expect(far).toEqual([0x44, 0x01, 0x54]);
  });

  test("the range of a large map is found from a part of its pixels", () => {
    const [height, width] = [1500, 2000];
    const data = Float32Array.from({ length: height * width }, (_, i) => 1 + (i % width) / width);
    const [near, far] = depth.drawing.range({ channels: 1, height, width, data }, spec)!;
    expect(near).toBeCloseTo(1.02, 2);
    expect(far).toBeCloseTo(1.98, 2);
    expect(depth.drawing.range({ channels: 1, height, width, data: data.fill(Number.NaN) }, spec)).toEqual([
      0, 1,
    ]);
  });

  test("the range comes from the spec, else from the map's percentiles without its outliers", () => {
    expect(depth.drawing.range(label, { ...spec, range: [0.5, 8] })).toEqual([0.5, 8]);
    const data = Float32Array.from({ length: 1001 }, (_, i) => (i === 1000 ? 1e6 : 1 + i / 1000));
    const wide = { channels: 1, height: 1, width: 1001, data };
    const [near, far] = depth.drawing.range(wide, spec)!;
    expect(near).toBeCloseTo(1.02, 5);
    expect(far).toBeCloseTo(1.98, 5);
  });

  test("a flat map, a map of NaN and an empty label can be drawn", () => {
    const flat = { channels: 1, height: 1, width: 2, data: Float32Array.of(2, 2) };
    expect(depth.drawing.prediction(flat, spec).data.every((value) => value > 0)).toBe(true);
    const broken = { ...flat, data: Float32Array.of(Number.NaN, Number.NaN) };
    expect([...depth.drawing.prediction(broken, spec).data]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(
      depth.drawing.label({ ...label, valid: new Uint8Array(3) }, spec).data.every((value) => value === 0),
    ).toBe(true);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { UserError } from "../../src/common/errors.js";
import type { LabelMap, Raster, TaskKind, UnitMapSpec } from "../../src/tasks/index.js";
import { depth, edges2d, keypoints2d, occlusionEdges, reshading } from "../../src/tasks/index.js";

const kinds: readonly TaskKind<UnitMapSpec>[] = [occlusionEdges, reshading, keypoints2d, edges2d];

const row = (data: Raster["data"]): Raster => ({ width: data.length, height: 1, channels: 1, data });
const map = (data: number[], valid = data.map(() => 1)): LabelMap => ({
  channels: 1,
  height: 1,
  width: data.length,
  data: Float32Array.from(data),
  valid: Uint8Array.from(valid),
});
const spec = { kind: "edges2d" } as const;

describe("files of maps in [0, 1]", () => {
  test("8 and 16 bits hold 1 as their largest value, or `scale` says what a step is", () => {
    expect([...edges2d.files.decode(row(Uint8Array.of(0, 51, 255)), spec, "a").data]).toEqual([
      0,
      Math.fround(0.2),
      1,
    ]);
    const wide = row(Uint16Array.of(0, 13107, 65535));
    expect([...edges2d.files.decode(wide, spec, "a").data]).toEqual([0, Math.fround(0.2), 1]);
    const scaled = { ...spec, scale: 1 / 328 };
    expect([...edges2d.files.decode(row(Uint16Array.of(0, 82, 328, 9000)), scaled, "a").data]).toEqual([
      0, 0.25, 1, 1,
    ]);
    expect([...edges2d.files.decode(row(Uint8Array.of(0, 1)), { ...spec, scale: 1 }, "a").data]).toEqual([
      0, 1,
    ]);
  });

  test("floats are the values, NaN and infinities are invalid", () => {
    const data = Float32Array.of(0.25, Number.NaN, Number.POSITIVE_INFINITY, 1.0005, -0.0005);
    const label = edges2d.files.decode(row(data), { ...spec, scale: 0.1, invalid: 1 }, "a.npy");
    expect([...label.valid]).toEqual([1, 0, 0, 1, 1]);
    expect([...label.data]).toEqual([0.25, 0, 0, 1, 0]);
  });

  test("floats of another unit are refused with their place", () => {
    expect(() => edges2d.files.decode(row(Float32Array.of(0.5, 200)), spec, "val/edges2d/3.npy")).toThrow(
      /^val\/edges2d\/3\.npy: a value is out of range \(expected floats from 0 to 1, .*got 200 at row 0, column 1/,
    );
  });

  test("the invalid value marks pixels, and a file of nothing else is refused", () => {
    const marked = { ...spec, invalid: 255 };
    expect([...edges2d.files.decode(row(Uint8Array.of(254, 255)), marked, "a").valid]).toEqual([1, 0]);
    expect(() => edges2d.files.decode(row(Uint8Array.of(255, 255)), marked, "a.png")).toThrow(
      /no pixel .* valid/,
    );
  });

  test("are written in 8 bits where that is enough, in 16 where the spec wants it, as floats with gaps", () => {
    const label = map([0, 0.5, 1]);
    expect(edges2d.files.encode(label, spec).data).toEqual(Uint8Array.of(0, 128, 255));
    expect(edges2d.files.encode(label, { ...spec, scale: 1 / 328 }).data).toEqual(
      Uint16Array.of(0, 164, 328),
    );
    expect(edges2d.files.encode(label, { ...spec, invalid: 65535 }).data).toEqual(
      Uint16Array.of(0, 32768, 65534),
    );
    const gap = map([0, 0.5, 1], [1, 1, 0]);
    expect(edges2d.files.encode(gap, spec).data).toEqual(Float32Array.of(0, 0.5, Number.NaN));
    expect(edges2d.files.encode(gap, { ...spec, invalid: 0 }).data).toEqual(Uint8Array.of(1, 128, 0));
  });

  test("whatever a file holds, the result is a label in [0, 1] or a UserError", () => {
    const values = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 12 }),
      fc.uint16Array({ minLength: 1, maxLength: 12 }),
      fc.float32Array({ minLength: 1, maxLength: 12 }),
    );
    const specs = fc.record(
      { scale: fc.double({ min: 1 / 65535, max: 1, noNaN: true }), invalid: fc.nat(65535) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(values, specs, (data, fields) => {
        try {
          const label = edges2d.files.decode(row(data as Raster["data"]), { ...spec, ...fields }, "file");
          expect(label.data.every((value) => value >= 0 && value <= 1)).toBe(true);
          const back = edges2d.files.decode(
            edges2d.files.encode(label, { ...spec, ...fields }),
            { ...spec, ...fields },
            "b",
          );
          expect(back.valid).toEqual(label.valid);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
    );
  });

  test("an unusable scale or invalid value is refused", () => {
    for (const fields of [
      { scale: 0 },
      { scale: 2 },
      { invalid: 0.5 },
      { invalid: -1 },
      { invalid: 70000 },
    ]) {
      expect(edges2d.specSchema.safeParse({ ...spec, ...fields }).success, JSON.stringify(fields)).toBe(
        false,
      );
    }
  });
});

test("mirror and enlargement change no value", () => {
  const label = map([0.1, 0.9]);
  for (const kind of kinds) {
    expect(kind.files.mirrored(label)).toBe(label);
    expect(kind.files.scaled(label, 1.5)).toBe(label);
  }
});

test("reshading is drawn grey, the others on the scale of depth; equal values look equal in every picture", () => {
  expect([...reshading.drawing.label(map([0, 1]), { kind: "reshading" }).data]).toEqual([
    24, 24, 24, 255, 255, 255,
  ]);
  const bright = [...depth.drawing.label(map([1]), { kind: "depth", scale: 1, invalid: 0 }).data];
  expect([...edges2d.drawing.label(map([1, 0.2]), spec).data.slice(0, 3)]).toEqual(bright);
  const broken = { channels: 1, height: 1, width: 1, data: Float32Array.of(Number.NaN) };
  expect([...edges2d.drawing.prediction(broken, spec).data]).toEqual([0, 0, 0]);
});

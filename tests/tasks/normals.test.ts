import { describe, expect, test } from "vitest";
import { type NormalsSpec, normals } from "../../src/tasks/index.js";
import type { LabelMap } from "../../src/tasks/task.js";
import { imageOf } from "../helpers/measured.js";

const spec: NormalsSpec = { kind: "normals" };

function vectors(list: readonly (readonly number[])[]): LabelMap {
  const data = Float32Array.from([0, 1, 2].flatMap((axis) => list.map((vector) => vector[axis])));
  return { channels: 3, height: 1, width: list.length, data, valid: new Uint8Array(list.length).fill(1) };
}

describe("normals files", () => {
  test("black, mid-grey and blended pixels are invalid; the rest has unit length", () => {
    const pixels = [0, 0, 0, 127, 128, 127, 128, 128, 128, 140, 128, 120, 128, 128, 0, 255, 127, 128];
    const raster = { width: 6, height: 1, channels: 3, data: Uint8Array.from(pixels) };
    const label = normals.files.decode(raster, spec, "a.png");
    expect([...label.valid]).toEqual([0, 0, 0, 0, 1, 1]);
    expect(label.data[4 + 12]).toBeCloseTo(-1, 4);
    for (const i of [4, 5]) {
      expect(Math.hypot(label.data[i], label.data[i + 6], label.data[i + 12])).toBeCloseTo(1, 6);
    }
  });

  test("16-bit files hold the same vectors, finer", () => {
    const raster = {
      width: 3,
      height: 1,
      channels: 3,
      data: Uint16Array.of(0, 0, 0, 32767, 32768, 32767, 32768, 32767, 0),
    };
    const label = normals.files.decode(raster, spec, "a.png");
    expect([...label.valid]).toEqual([0, 0, 1]);
    expect(label.data[2 + 6]).toBeCloseTo(-1, 7);
  });

  test("floats are vectors; zeros and NaN are invalid, components that sum to 0 are not", () => {
    const data = Float32Array.of(0, 0, 0, Number.NaN, 0, 1, 0, 0, -2, Math.SQRT1_2, 0, -Math.SQRT1_2);
    const label = normals.files.decode({ width: 4, height: 1, channels: 3, data }, spec, "a.npy");
    expect([...label.valid]).toEqual([0, 0, 1, 1]);
    expect(label.data[2 + 8]).toBe(-1);
  });

  test("a file without a valid pixel is refused by name", () => {
    const raster = { width: 1, height: 2, channels: 3, data: new Uint8Array(6) };
    expect(() => normals.files.decode(raster, spec, "train/normals/3.png")).toThrow(
      /^train\/normals\/3\.png: no pixel/,
    );
  });

  test("mirroring changes the sign of x alone", () => {
    const mirrored = normals.files.mirrored(vectors([[0.6, 0, -0.8]]));
    [-0.6, 0, -0.8].forEach((value, axis) => {
      expect(mirrored.data[axis]).toBeCloseTo(value, 6);
    });
  });

  test("after resampling, vectors are brought to unit length and cancelled ones become invalid", () => {
    const label = normals.files.scaled(
      vectors([
        [0.3, 0, -0.5],
        [0.1, 0, -0.1],
      ]),
      1.2,
    );
    expect([...label.valid]).toEqual([1, 0]);
    expect(Math.hypot(label.data[0], label.data[2], label.data[4])).toBeCloseTo(1, 6);
    expect([label.data[1], label.data[3], label.data[5]]).toEqual([0, 0, 0]);
  });
});

describe("normals metrics", () => {
  const at = (degrees: number) => [
    Math.sin((degrees * Math.PI) / 180),
    0,
    -Math.cos((degrees * Math.PI) / 180),
  ];
  const measure = (angles: readonly number[]) => {
    const accumulator = normals.metrics.accumulator(spec);
    const truth = vectors(angles.map(() => [0, 0, -1]));
    accumulator.update(vectors(angles.map(at)), truth, imageOf(truth));
    return accumulator.result();
  };

  test("worked example", () => {
    const result = measure([10, 20, 25, 170]);
    expect(result.mErr).toBeCloseTo(56.25, 4);
    expect(result.rmse).toBeCloseTo(Math.sqrt((100 + 400 + 625 + 28900) / 4), 4);
    expect([result["within11.25"], result["within22.5"], result.within30]).toEqual([25, 50, 75]);
  });

  test("the median is exact to its histogram's resolution", () => {
    expect(Math.abs(measure([3.333, 12.3456, 90]).median - 12.3456)).toBeLessThanOrEqual(0.005);
    expect(measure([180, 180, 180]).median).toBeCloseTo(180, 1);
    // The lower one of an even number.
    expect(Math.abs(measure([10.004, 20]).median - 10.004)).toBeLessThanOrEqual(0.005);
  });

  test("length does not matter, no direction is perpendicular, NaN is not hidden", () => {
    const truth = vectors([[0, 0, -1]]);
    const of = (vector: number[]) => {
      const accumulator = normals.metrics.accumulator(spec);
      accumulator.update(vectors([vector]), truth, imageOf(truth));
      return accumulator.result();
    };
    expect(of([0, 0, -0.2]).mErr).toBe(0);
    expect(of([0, 0, 0]).mErr).toBe(90);
    expect(of([Number.NaN, 0, 0]).median).toBeNaN();
    expect(of([Number.NaN, 0, 0]).mErr).toBeNaN();
  });
});

test("a surface facing the camera is lilac", () => {
  expect([...normals.drawing.label(vectors([[0, 0, -1]]), spec).data]).toEqual([128, 128, 255]);
});

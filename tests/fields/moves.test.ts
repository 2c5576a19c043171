import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resizeSample } from "../../src/data/resize.js";
import { type Move, movedSample, type Sample } from "../../src/fields/index.js";
import { resample, resampleLabel } from "../../src/fields/resample.js";
import { alignedTaps, triangleTaps } from "../../src/fields/taps.js";
import { CAMERA, LABELS, planeError, SPECS, scene } from "./scene.js";

const WIDE_CAMERA = { fx: 70, fy: 80, cx: 31, cy: 23 };
const moved = (sample: Sample, ...moves: Move[]) =>
  moves.reduce((before, move) => movedSample(before, LABELS, move), sample);
const crop = ({ width, height }: Sample, top: number, left: number, scale: number): Move => ({
  kind: "window",
  top,
  left,
  rows: Math.floor(height / scale),
  columns: Math.floor(width / scale),
  enlargement: scale,
});

describe("a mirror", () => {
  it("twice is the sample itself", () => {
    const sample = scene(8, 6);
    const twice = moved(sample, { kind: "mirror" }, { kind: "mirror" });
    expect(twice.camera!.cx).toBeCloseTo(CAMERA.cx);
    expect({ ...twice, camera: CAMERA }).toEqual(sample);
  });

  it("keeps depth, normals and camera one scene", () => {
    const sample = scene(8, 6);
    expect(planeError(sample)).toBeLessThan(1e-5);
    const flipped = moved(sample, { kind: "mirror" });
    expect(planeError(flipped)).toBeLessThan(1e-5);
    expect(flipped.image[0]).toBe(sample.image[7]);
    expect(flipped.labels.normals.data[0]).toBeCloseTo(-0.36);
    expect(flipped.labels.segmentation.data[0]).toBe(1);
  });
});

describe("a window", () => {
  it("is bilinear with aligned corners for images and exact for linear ones", () => {
    const sample = scene(9, 9);
    const view = moved(sample, crop(sample, 2, 3, 1.5));
    // 6x6 window: output x stands at 3 + x * 5/8, y at 2 + y * 5/8.
    for (const [x, y] of [
      [0, 0],
      [8, 8],
      [3, 5],
    ]) {
      const expected = (3 + (x * 5) / 8 + 2 * (2 + (y * 5) / 8)) / 64;
      expect(view.image[y * 9 + x]).toBeCloseTo(expected, 6);
    }
  });

  it("divides depth by s, keeps classes whole and normals at unit length", () => {
    const sample = scene(12, 12);
    const view = moved(sample, crop(sample, 0, 0, 2));
    expect(view.labels.depth.data[0]).toBeCloseTo(sample.labels.depth.data[0] / 2, 6);
    expect(new Set(view.labels.segmentation.data)).toEqual(new Set([0]));
    const { data } = view.labels.normals;
    for (let i = 0; i < 144; i++) expect(Math.hypot(data[i], data[144 + i], data[288 + i])).toBeCloseTo(1, 6);
  });

  it("moves the camera so that the scene keeps its shape", () => {
    const sample = scene(64, 48, WIDE_CAMERA);
    expect(planeError(sample)).toBeLessThan(1e-5);
    const view = moved(sample, crop(sample, 5, 9, 1.2));
    // Depth is taken from the nearest pixel: half a pixel off at most.
    expect(planeError(view, 1.2)).toBeLessThan(0.02);
    expect(view.camera!.cx).toBeCloseTo((31 - 9) * (63 / 52), 5);
    expect(view.camera!.fx).toBeCloseTo(70 * (63 / 52), 5);
  });
});

describe("resampling", () => {
  it("never lets invalid pixels bleed in", () => {
    const rows = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: -5, max: 5 })), {
      minLength: 12,
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        (cells, height, width) => {
          const valid = Uint8Array.from(cells, ([ok]) => Number(ok));
          const clean = Float32Array.from(cells, ([ok, value]) => (ok ? value : 0));
          const dirty = Float32Array.from(cells, ([ok, value]) => (ok ? value : 1e9));
          const map = { channels: 1, width: 4, height: 3, valid };
          for (const [tapsY, tapsX] of [
            [triangleTaps(3, height), triangleTaps(4, width)],
            [alignedTaps(0, 3, height), alignedTaps(1, 3, width)],
          ]) {
            const out = resampleLabel({ ...map, data: dirty }, tapsY, tapsX);
            expect(out).toEqual(resampleLabel({ ...map, data: clean }, tapsY, tapsX));
            for (const value of out.data) expect(Math.abs(value)).toBeLessThanOrEqual(5.001);
          }
        },
      ),
    );
  });

  it("keeps constants, and the mean where the size halves", () => {
    const flat = new Float32Array(35).fill(0.3);
    for (const value of resample(flat, 1, 5, 7, triangleTaps(5, 3), triangleTaps(7, 11)))
      expect(value).toBeCloseTo(0.3, 6);
    const ramp = Float32Array.from({ length: 16 }, (_, i) => i % 4);
    const half = resample(ramp, 1, 4, 4, triangleTaps(4, 2), triangleTaps(4, 2));
    expect((half[0] + half[1]) / 2).toBeCloseTo(1.5, 6);
  });

  it("enlarges with pixel centres aligned (values of torch's interpolate, align_corners=False)", () => {
    const out = resample(Float32Array.of(0, 1), 1, 1, 2, triangleTaps(1, 1), triangleTaps(2, 4));
    expect([...out]).toEqual([0, 0.25, 0.75, 1]);
  });
});

describe("resizeSample", () => {
  it("takes labels and camera along", () => {
    const sample = scene(64, 48);
    const small = resizeSample(sample, SPECS, [24, 32]);
    expect([small.width, small.height]).toEqual([32, 24]);
    expect(small.camera).toEqual({ fx: 3.5, fy: 4, cx: (4.2 + 0.5) / 2 - 0.5, cy: (2.7 + 0.5) / 2 - 0.5 });
    expect(new Set(small.labels.segmentation.data)).toEqual(new Set([0, 1, 2, 3]));
    expect(small.labels.normals.data[0]).toBeCloseTo(0.36, 5);
    expect(resizeSample(sample, SPECS, [48, 64])).toBe(sample);
  });

  it("shortens no normals where they turn", () => {
    const sample = scene(8, 8);
    const { data } = sample.labels.normals;
    for (let i = 0; i < 64; i++) if (i % 2 === 0) [data[i], data[64 + i], data[128 + i]] = [-0.6, 0, -0.8];
    const small = resizeSample(sample, SPECS, [4, 4]).labels.normals;
    for (let i = 0; i < 16; i++) {
      expect(Math.hypot(small.data[i], small.data[16 + i], small.data[32 + i])).toBeCloseTo(1, 5);
    }
  });
});

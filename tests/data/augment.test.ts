import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cropSample, flipSample, makeViews as placedViews } from "../../src/data/augment.js";
import { alignedTaps, resample, resampleLabel, triangleTaps } from "../../src/data/resample.js";
import { resizeSample } from "../../src/data/resize.js";
import type { Sample, ViewSpec } from "../../src/data/types.js";
import { parseTaskSpec } from "../../src/tasks/index.js";
import type { LabelMap } from "../../src/tasks/task.js";

const SPECS = {
  segmentation: parseTaskSpec({ kind: "segmentation", classes: ["a", "b", "c", "d"] }, "s"),
  depth: parseTaskSpec({ kind: "depth" }, "d"),
  normals: parseTaskSpec({ kind: "normals" }, "n"),
};
const CAMERA = { fx: 7, fy: 8, cx: 4.2, cy: 2.7 };

function label(
  channels: number,
  width: number,
  height: number,
  value: (x: number, y: number, c: number) => number,
): LabelMap {
  const data = new Float32Array(channels * width * height);
  const valid = new Uint8Array(width * height).fill(1);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) data[(c * height + y) * width + x] = value(x, y, c);
    }
  }
  return { channels, width, height, data, valid };
}

const WIDE_CAMERA = { fx: 70, fy: 80, cx: 31, cy: 23 };

/**
 * A plane seen by a camera: depth and normals of n·p = d, an image that is linear in x and y, classes by
 * position.
 */
function scene(width: number, height: number, camera = CAMERA): Sample {
  const normal = [0.36, 0.48, -0.8];
  const depth = (x: number, y: number) => {
    const ray = [(x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy, 1];
    return -1.6 / (normal[0] * ray[0] + normal[1] * ray[1] + normal[2]);
  };
  return {
    id: "plane",
    width,
    height,
    image: label(3, width, height, (x, y, c) => (x + 2 * y + c) / 64).data,
    labels: {
      segmentation: label(1, width, height, (x, y) => (x < width / 2 ? 0 : 1) + (y < height / 2 ? 0 : 2)),
      depth: label(1, width, height, depth),
      normals: label(3, width, height, (_x, _y, c) => normal[c]),
    },
    camera,
  };
}

/** Points of a depth map lie on n·p = d for the plane of `scene`. */
function planeError(sample: Sample, scale = 1): number {
  const { depth, normals } = sample.labels;
  const { fx, fy, cx, cy } = sample.camera!;
  const area = sample.width * sample.height;
  let worst = 0;
  for (let i = 0; i < area; i++) {
    // A scale crop shrinks the world by its factor, camera and all: undone here.
    const z = depth.data[i] * scale;
    const ray = [((i % sample.width) - cx) / fx, (Math.floor(i / sample.width) - cy) / fy, 1];
    const height = ray.reduce((sum, r, c) => sum + r * z * normals.data[c * area + i], 0);
    worst = Math.max(worst, Math.abs(height + 1.6));
  }
  return worst;
}

describe("flipSample", () => {
  it("twice is the sample itself", () => {
    const sample = scene(8, 6);
    const twice = flipSample(flipSample(sample, SPECS), SPECS);
    expect(twice.camera!.cx).toBeCloseTo(CAMERA.cx);
    expect({ ...twice, camera: CAMERA }).toEqual(sample);
  });

  it("keeps depth, normals and camera one scene", () => {
    const sample = scene(8, 6);
    expect(planeError(sample)).toBeLessThan(1e-5);
    const flipped = flipSample(sample, SPECS);
    expect(planeError(flipped)).toBeLessThan(1e-5);
    expect(flipped.image[0]).toBe(sample.image[7]);
    expect(flipped.labels.normals.data[0]).toBeCloseTo(-0.36);
    expect(flipped.labels.segmentation.data[0]).toBe(1);
  });
});

describe("cropSample", () => {
  it("is bilinear with aligned corners for images and exact for linear ones", () => {
    const sample = scene(9, 9);
    const view = cropSample(sample, SPECS, { top: 2, left: 3, scale: 1.5 });
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
    const view = cropSample(sample, SPECS, { top: 0, left: 0, scale: 2 });
    expect(view.labels.depth.data[0]).toBeCloseTo(sample.labels.depth.data[0] / 2, 6);
    expect(new Set(view.labels.segmentation.data)).toEqual(new Set([0]));
    const { data } = view.labels.normals;
    for (let i = 0; i < 144; i++) expect(Math.hypot(data[i], data[144 + i], data[288 + i])).toBeCloseTo(1, 6);
  });

  it("moves the camera so that the scene keeps its shape", () => {
    const sample = scene(64, 48, WIDE_CAMERA);
    expect(planeError(sample)).toBeLessThan(1e-5);
    const view = cropSample(sample, SPECS, { top: 5, left: 9, scale: 1.2 });
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

const makeViews = (...given: Parameters<typeof placedViews>) =>
  placedViews(...given).map(({ sample }) => sample);

describe("makeViews", () => {
  const crop: ViewSpec = { from: "sample", scales: [1, 1.2, 1.5], flip: 0.5, photometric: 0 };
  const key = { seed: 3, epoch: 1, sampleIndex: 4 };

  it("depends on seed, epoch, sample and view alone", () => {
    const sample = scene(16, 12);
    const views = [crop, { ...crop, from: 0 }, { ...crop, from: 0, photometric: 2 }];
    const once = makeViews(sample, SPECS, views, key);
    expect(makeViews(sample, SPECS, views, key)).toEqual(once);
    expect(makeViews(sample, SPECS, [crop], key)[0]).toEqual(once[0]);
    const others = [0, 1, 2, 3, 5, 6, 7].map(
      (sampleIndex) => makeViews(sample, SPECS, [crop], { ...key, sampleIndex })[0].image,
    );
    expect(new Set([once[0].image, ...others].map((image) => image.join())).size).toBeGreaterThan(3);
  });

  it("leaves a sample alone where nothing is asked for", () => {
    const sample = scene(8, 6);
    const [view] = makeViews(sample, SPECS, [{ from: "sample", scales: [], flip: 0, photometric: 0 }], key);
    expect(view).toBe(sample);
    const [same] = makeViews(sample, SPECS, [{ from: "sample", scales: [1], flip: 0, photometric: 0 }], key);
    expect(same).toBe(sample);
  });

  it("cuts later views from the earlier one's geometry, not from its colours", () => {
    const sample = scene(16, 12);
    const plain = { from: 0, scales: [1.5], flip: 0, photometric: 0 } as const;
    const [, fromColoured] = makeViews(sample, SPECS, [{ ...crop, photometric: 4 }, plain], key);
    const [, fromPlain] = makeViews(sample, SPECS, [crop, plain], key);
    expect(fromColoured).toEqual(fromPlain);
  });

  it("changes colours of the image only", () => {
    const sample = scene(8, 6);
    const [view] = makeViews(sample, SPECS, [{ from: "sample", scales: [], flip: 0, photometric: 6 }], key);
    expect(view.labels).toBe(sample.labels);
    expect(view.image).not.toEqual(sample.image);
  });

  it("refuses a view of a later view", () => {
    expect(() => makeViews(scene(8, 6), SPECS, [{ ...crop, from: 1 }], key)).toThrow(RangeError);
  });
});

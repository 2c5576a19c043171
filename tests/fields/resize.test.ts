import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GREY } from "../../src/fields/image.js";
import {
  cropAt,
  framed,
  letterboxOf,
  middleCrop,
  movedSample,
  type Sample,
  scaledToFit,
} from "../../src/fields/index.js";
import type { Size } from "../../src/fields/size.js";
import { LABELS, map, planeError, scene } from "./scene.js";

const CAMERA = { fx: 70, fy: 80, cx: 31, cy: 23 };
const sizes = fc.record({ height: fc.integer({ min: 1, max: 90 }), width: fc.integer({ min: 1, max: 90 }) });

function letterboxed(sample: Sample, frame: Size): Sample {
  const inner = movedSample(sample, LABELS, scaledToFit(sample, frame));
  return movedSample(inner, LABELS, framed(inner, frame));
}

describe("a letterbox", () => {
  it("is as large as fits, in the middle, with the image's proportions to within a pixel", () => {
    fc.assert(
      fc.property(sizes, sizes, (image, frame) => {
        const { height, width, top, left } = letterboxOf(image, frame);
        expect(height === frame.height || width === frame.width).toBe(true);
        expect(height).toBeLessThanOrEqual(frame.height);
        expect(width).toBeLessThanOrEqual(frame.width);
        expect(Math.abs(frame.height - height - 2 * top - 0.5)).toBe(0.5);
        expect(Math.abs(frame.width - width - 2 * left - 0.5)).toBe(0.5);
        const scale = Math.min(frame.height / image.height, frame.width / image.width);
        expect(Math.abs(height - Math.max(1, scale * image.height))).toBeLessThanOrEqual(0.5 + 1e-9);
        expect(Math.abs(width - Math.max(1, scale * image.width))).toBeLessThanOrEqual(0.5 + 1e-9);
        // The second move knows the place that the first one made.
        expect(framed({ height, width }, frame)).toMatchObject({ top: -top, left: -left });
      }),
    );
  });

  it("covers labels and validity where the image lies, nothing elsewhere, which is grey", () => {
    const sides = fc.integer({ min: 4, max: 24 });
    fc.assert(
      fc.property(sides, sides, sides, sides, (height, width, frameHeight, frameWidth) => {
        const frame = { height: frameHeight, width: frameWidth };
        const shown = letterboxed(scene(width, height), frame);
        expect([shown.height, shown.width]).toEqual([frameHeight, frameWidth]);
        const box = letterboxOf({ height, width }, frame);
        for (let y = 0; y < frameHeight; y++) {
          for (let x = 0; x < frameWidth; x++) {
            const inside =
              y >= box.top && y < box.top + box.height && x >= box.left && x < box.left + box.width;
            const at = y * frameWidth + x;
            for (const label of Object.values(shown.labels)) expect(label.valid[at]).toBe(Number(inside));
            if (!inside) expect(shown.image[at]).toBeCloseTo(GREY, 6);
          }
        }
      }),
      { numRuns: 15 },
    );
  });

  it("keeps depth, normals and camera one scene, and the image on its labels", () => {
    const sample = scene(64, 48, CAMERA);
    for (const frame of [
      { height: 96, width: 96 },
      { height: 24, width: 80 },
      { height: 40, width: 32 },
    ]) {
      const shown = letterboxed(sample, frame);
      const box = letterboxOf(sample, frame);
      // Inside alone: what lies around has no depth.
      const inner = movedSample(shown, LABELS, { kind: "cut", ...box, fill: "zero" });
      // Depth is taken from the nearest pixel: half a pixel off at most.
      expect(planeError(inner)).toBeLessThan(0.02);
      expect(inner.camera!.fx).toBeCloseTo((CAMERA.fx * box.width) / 64, 5);
      // The very metres of the files.
      const metres = new Set(sample.labels.depth.data);
      for (const value of inner.labels.depth.data) expect(metres.has(value)).toBe(true);
      // The image is linear in x and y: its middle shows what the middle of its labels belongs to.
      const [y, x] = [Math.floor(box.height / 2), Math.floor(box.width / 2)];
      const source = (at: number, of: number, length: number) => ((at + 0.5) * length) / of - 0.5;
      const expected = (source(x, box.width, 64) + 2 * source(y, box.height, 48)) / 64;
      expect(inner.image[y * box.width + x]).toBeCloseTo(expected, 4);
    }
  });
});

describe("a part of an image", () => {
  it("is its pixels, labels and camera as they are; beyond its edge the edge, and no label", () => {
    const place = fc.integer({ min: 0, max: 8 });
    fc.assert(
      fc.property(sizes, place, place, (frame, top, left) => {
        const sample = scene(9, 9);
        const part = movedSample(sample, LABELS, cropAt(top, left, frame));
        expect([part.height, part.width]).toEqual([frame.height, frame.width]);
        expect(part.camera!.cx).toBeCloseTo(4.2 - left, 9);
        for (const at of [0, frame.width - 1, (frame.height - 1) * frame.width]) {
          const [y, x] = [top + Math.floor(at / frame.width), left + (at % frame.width)];
          const inside = y < 9 && x < 9;
          const source = Math.min(8, y) * 9 + Math.min(8, x);
          expect(part.image[at]).toBe(sample.image[source]);
          expect(part.labels.depth.valid[at]).toBe(Number(inside));
          if (inside) expect(part.labels.depth.data[at]).toBe(sample.labels.depth.data[source]);
        }
      }),
    );
  });

  it("in the middle has as much on either side", () => {
    expect(middleCrop({ height: 10, width: 3 }, { height: 4, width: 8 })).toMatchObject({ top: 3, left: 0 });
    const ramp = { ...scene(7, 1), image: map(3, 7, 1, (x) => x).data };
    const { image } = movedSample(ramp, LABELS, middleCrop(ramp, { height: 1, width: 3 }));
    expect([...image.slice(0, 3)]).toEqual([2, 3, 4]);
  });
});

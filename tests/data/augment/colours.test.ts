import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Random } from "../../../src/common/random.js";
import {
  autoContrast,
  brightness,
  colour,
  contrast,
  equalize,
  hue,
  posterize,
  sharpness,
  solarize,
} from "../../../src/data/augment/colours.js";
import { operations, randAugment } from "../../../src/data/augment/rand-augment.js";

/** One row of grey pixels. */
function grey(...values: number[]) {
  return { data: Float32Array.from([...values, ...values, ...values]), height: 1, width: values.length };
}
const first = (data: Float32Array, count: number) =>
  [...data.subarray(0, count)].map((value) => Math.round(value * 1e4) / 1e4);

/** Colour, turn of the colour circle, colour after it. */
const HUES: [rgb: number[], turn: number, expected: number[]][] = [
  [[1, 0, 0], 0.25, [0.5, 1, 0.0]],
  [[1, 0, 0], -0.5, [0.0, 1.0, 1]],
  [[1, 0, 0], -0.1, [1, 0.0, 0.6]],
  [[0.2, 0.7, 0.4], 0.25, [0.2, 0.25, 0.7]],
  [[0.2, 0.7, 0.4], -0.5, [0.7, 0.2, 0.5]],
  [[0.2, 0.7, 0.4], -0.1, [0.3, 0.7, 0.2]],
  [[0.9, 0.1, 0.8], 0.25, [0.9, 0.6, 0.1]],
  [[0.9, 0.1, 0.8], -0.5, [0.1, 0.9, 0.2]],
  [[0.9, 0.1, 0.8], -0.1, [0.52, 0.1, 0.9]],
  [[0.35, 0.3, 0.95], 0.25, [0.95, 0.3, 0.575]],
  [[0.35, 0.3, 0.95], -0.5, [0.9, 0.95, 0.3]],
  [[0.35, 0.3, 0.95], -0.1, [0.3, 0.64, 0.95]],
  [[0.6, 0.6, 0.1], 0.25, [0.1, 0.6, 0.35]],
  [[0.6, 0.6, 0.1], -0.5, [0.1, 0.1, 0.6]],
  [[0.6, 0.6, 0.1], -0.1, [0.6, 0.3, 0.1]],
];

describe("photometric operations", () => {
  it("give the values of torchvision's formulas", () => {
    const ramp = grey(0, 0.2, 0.9);
    expect(first(brightness(ramp, 1.15), 3)).toEqual([0, 0.23, 1]);
    // Grey weights sum to 0.9999, so the mean of 0, 0.2, 0.9 is 0.36663.
    expect(first(contrast(ramp, 0.5), 3)).toEqual([0.1833, 0.2833, 0.6333]);
    const red = { data: Float32Array.of(1, 0, 0), height: 1, width: 1 };
    expect([...colour(red, 0)].map((value) => Math.round(value * 1e4) / 1e4)).toEqual([
      0.2989, 0.2989, 0.2989,
    ]);
    expect(first(posterize(grey(1, 101 / 255), 7), 2)).toEqual([0.9961, 0.3922]);
    expect(first(solarize(grey(1, 0.5), 212.5), 2)).toEqual([0, 0.498]);
    expect(first(autoContrast(grey(0.25, 0.5, 0.75)), 3)).toEqual([0, 0.5, 1]);
    expect(first(autoContrast(grey(0.4, 0.4)), 2)).toEqual([0.4, 0.4]);
  });

  it("turns hues as hsv does (values of Python's colorsys)", () => {
    const pixel = (...rgb: number[]) => ({ data: Float32Array.from(rgb), height: 1, width: 1 });
    for (const [rgb, turn, expected] of HUES)
      first(hue(pixel(...rgb), turn), 3).forEach((value, c) => {
        expect(value).toBeCloseTo(expected[c], 4);
      });
    expect(hue(pixel(0.3, 0.3, 0.3), 0.4)).toEqual(Float32Array.of(0.3, 0.3, 0.3));
  });

  it("sharpens inside and leaves the border", () => {
    const data = new Float32Array(27);
    data[4] = 1;
    const out = sharpness({ data, height: 3, width: 3 }, 0);
    expect(out[4]).toBeCloseTo(5 / 13, 6);
    expect(out[0]).toBe(0);
    expect(sharpness({ data, height: 3, width: 3 }, 1)).toEqual(data);
  });

  it("equalizes as Pillow's ImageOps.equalize", () => {
    // 510 pixels, half 10, half 20: step = floor((510 - 255) / 255) = 1, so 10 -> 0 and 20 -> 255.
    const values = Array.from({ length: 510 }, (_, i) => (i < 255 ? 10 : 20) / 255);
    const out = equalize(grey(...values));
    expect([out[0], out[509]]).toEqual([0, 1]);
    // A single value leaves no step: nothing changes.
    expect(first(equalize(grey(0.2, 0.2)), 2)).toEqual([0.2, 0.2]);
  });

  it("stay in [0, 1], keep their input and repeat themselves", () => {
    const images = fc
      .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 }))
      .chain(([height, width]) =>
        fc
          .array(fc.float({ min: 0, max: 1, noNaN: true }), {
            minLength: 3 * height * width,
            maxLength: 3 * height * width,
          })
          .map((values) => ({ data: Float32Array.from(values), height, width })),
      );
    fc.assert(
      fc.property(
        images,
        fc.constantFrom(...Object.keys(operations)),
        fc.integer({ min: 0, max: 5 }),
        (image, name, strength) => {
          const before = image.data.slice();
          const run = () => operations[name](strength, new Random(1))(image);
          const out = run();
          expect(image.data).toEqual(before);
          expect(run()).toEqual(out);
          expect(out.every((value) => value >= 0 && value <= 1)).toBe(true);
        },
      ),
    );
  });

  it("are nine, drawn evenly", () => {
    expect(Object.keys(operations)).toHaveLength(9);
    const image = grey(0.1, 0.5, 0.8);
    const results = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const { colouring } = randAugment.draw(image, { operations: 2 }, new Random(seed));
      results.add(colouring!(image.data, image).join());
    }
    expect(results.size).toBeGreaterThan(20);
    expect(randAugment.draw(image, { operations: 0 }, new Random(0))).toEqual({});
  });
});

describe("operations on bytes", () => {
  const image = (values: readonly number[]) => ({
    ...{ height: 1, width: values.length },
    data: Float32Array.from([...values, ...values, ...values]),
  });

  it("take what was read from 8 bits as it was", () => {
    const bytes = Array.from({ length: 256 }, (_, byte) => byte);
    const kept = solarize(image(bytes.map((byte) => byte / 255)), 256).subarray(0, 256);
    expect([...kept].map((value) => Math.round(255 * value))).toEqual(bytes);
  });

  it("cut off between two bytes, as Pillow gets them", () => {
    // 100.9 of 255 is the byte 100, 213.6 the byte 213.
    const values = [100.9 / 255, 213.6 / 255];
    const first = (data: Float32Array) => [...data.subarray(0, 2)].map((value) => Math.round(255 * value));
    expect(first(posterize(image(values), 7))).toEqual([100, 212]);
    expect(first(solarize(image(values), 213))).toEqual([100, 42]);
    expect(first(solarize(image(values), 214))).toEqual([100, 213]);
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { resampleLabel } from "../../src/fields/resample.js";
import {
  alignedNearestTaps,
  alignedTaps,
  nearestTaps,
  type Taps,
  triangleTaps,
} from "../../src/fields/taps.js";

const [HEIGHT, WIDTH] = [4, 5];
const AREA = HEIGHT * WIDTH;

const labels = fc
  .tuple(
    fc.array(fc.boolean(), { minLength: AREA, maxLength: AREA }),
    fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 2 * AREA, maxLength: 2 * AREA }),
  )
  .map(([valid, data]) => ({
    channels: 2,
    height: HEIGHT,
    width: WIDTH,
    data: Float32Array.from(data),
    valid: Uint8Array.from(valid, Number),
  }));

const side = fc.integer({ min: 1, max: 7 });
const rules: Record<string, (size: number, length: number) => Taps> = {
  triangle: triangleTaps,
  aligned: (size, length) => alignedTaps(0, size, length),
  nearest: nearestTaps,
  "aligned nearest": (size, length) => alignedNearestTaps(0, size, length),
};

it.each(Object.entries(rules))(
  "%s: a pixel is the mean of the valid pixels in it, valid where they are at least half of it",
  (_, taps) => {
    fc.assert(
      fc.property(labels, side, side, (label, height, width) => {
        const [rows, columns] = [taps(HEIGHT, height), taps(WIDTH, width)];
        const out = resampleLabel(label, rows, columns);
        expect([out.channels, out.height, out.width]).toEqual([2, height, width]);
        for (let i = 0; i < height * width; i++) {
          const [y, x] = [Math.floor(i / width), i % width];
          let share = 0;
          const sums = [0, 0];
          for (let ky = 0; ky < rows.count; ky++) {
            for (let kx = 0; kx < columns.count; kx++) {
              const [at, beside] = [y * rows.count + ky, x * columns.count + kx];
              const from = rows.index[at] * WIDTH + columns.index[beside];
              const weight = rows.weight[at] * columns.weight[beside] * label.valid[from];
              share += weight;
              for (const c of [0, 1]) sums[c] += weight * label.data[c * AREA + from];
            }
          }
          // Half up to rounding: the weights are 32-bit.
          const valid = share > 0.4999 ? 1 : 0;
          expect(out.valid[i]).toBe(valid);
          for (const c of [0, 1]) {
            const wanted = valid === 1 ? sums[c] / share : 0;
            expect(out.data[c * height * width + i]).toBeCloseTo(wanted, 3);
          }
        }
      }),
    );
  },
);

it("one valid pixel of four is not enough, two are", () => {
  const row = (valid: number[]) => ({
    channels: 1,
    height: 1,
    width: 4,
    data: Float32Array.of(1, 2, 3, 4),
    valid: Uint8Array.from(valid),
  });
  const whole: Taps = {
    length: 1,
    count: 4,
    index: Int32Array.of(0, 1, 2, 3),
    weight: new Float32Array(4).fill(0.25),
  };
  const one = nearestTaps(1, 1);
  const reduced = [
    [0, 0, 1, 0],
    [0, 1, 1, 0],
    [1, 1, 0, 1],
  ].map((valid) => resampleLabel(row(valid), one, whole));
  expect(reduced.map(({ valid }) => valid[0])).toEqual([0, 1, 1]);
  expect(reduced.map(({ data }) => data[0])).toEqual([0, 2.5, Math.fround(7 / 3)]);
});

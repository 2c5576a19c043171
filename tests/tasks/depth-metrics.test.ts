import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { depth } from "../../src/tasks/index.js";
import type { MeasuringOptions } from "../../src/tasks/task.js";
import { imageOf } from "../helpers/measured.js";

const spec = depth.specSchema.parse({ kind: "depth" });

/** Metrics of images given as [predictions, labels]; 0 labels nothing. */
function measured(images: readonly (readonly [number[], number[]])[], options?: MeasuringOptions) {
  const accumulator = depth.metrics.accumulator(spec, options);
  images.forEach(([predicted, truths], i) => {
    const size = { channels: 1, height: 1, width: truths.length };
    const valid = Uint8Array.from(truths, (metres) => Number(metres > 0));
    const label = { ...size, data: Float32Array.from(truths), valid };
    accumulator.update({ ...size, data: Float32Array.from(predicted) }, label, imageOf(label, String(i)));
  });
  return accumulator.result();
}

describe("depth metrics", () => {
  test("of a small example, by hand", () => {
    // Errors 2, 0.5, 6, none; ratios 2, 1.125, 1.75.
    const result = measured([
      [
        [4, 4.5, 14, 99],
        [2, 4, 8, 0],
      ],
    ]);
    const expected = {
      aErr: (2 + 0.5 + 6) / 3,
      relErr: (1 + 0.125 + 0.75) / 3,
      sqRel: (4 / 2 + 0.25 / 4 + 36 / 8) / 3,
      rmse: Math.sqrt((4 + 0.25 + 36) / 3),
      logRmse: Math.sqrt((Math.log(2) ** 2 + Math.log(1.125) ** 2 + Math.log(1.75) ** 2) / 3),
      delta1: 100 / 3,
      delta2: 100 / 3,
      delta3: 200 / 3,
    };
    for (const [name, value] of Object.entries(expected)) expect(result[name]).toBeCloseTo(value, 5);
  });

  test("median scaling takes each image's factor away, whatever it is", () => {
    const factor = fc.double({ min: 0.01, max: 50, noNaN: true });
    const metres = fc.array(fc.double({ min: 0.5, max: 80, noNaN: true }), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(fc.array(fc.tuple(factor, metres), { minLength: 1, maxLength: 4 }), (images) => {
        const scaled = images.map(([by, truths]) => [truths.map((each) => each * by), truths] as const);
        const result = measured(
          scaled.map(([p, g]) => [[...p], g]),
          { medianScaling: true },
        );
        expect(result.relErr).toBeLessThan(1e-5);
        expect(result.delta1).toBe(100);
      }),
      { numRuns: 30 },
    );
  });

  test("the medians are those of the valid pixels; of an even number, the mean of the middle two", () => {
    // Predictions 1, 3 have the median 2, labels 4, 8 the median 6: factor 3.
    const result = measured(
      [
        [
          [1, 3, 1000],
          [4, 8, 0],
        ],
      ],
      { medianScaling: true },
    );
    expect(result.aErr).toBeCloseTo((1 + 1) / 2, 6);
  });
});

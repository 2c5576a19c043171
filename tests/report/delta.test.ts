import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deltaPercent, relativeImprovement } from "../../src/report/delta.js";

describe("Delta%", () => {
  it("is the mean of signed relative improvements (eq. 17)", () => {
    const entries = [
      { better: "higher", baseline: 0.5, value: 0.55 },
      { better: "lower", baseline: 2, value: 1 },
      { better: "lower", baseline: 10, value: 11 },
    ] as const;
    expect(entries.map(relativeImprovement)).toEqual([expect.closeTo(10), 50, -10]);
    expect(deltaPercent(entries)).toBeCloseTo(50 / 3, 12);
  });

  it("reproduces a row of the paper's kind: mIoU, pixel accuracy, absolute and relative error", () => {
    const delta = deltaPercent([
      { better: "higher", baseline: 50, value: 52 },
      { better: "higher", baseline: 80, value: 80 },
      { better: "lower", baseline: 0.02, value: 0.019 },
      { better: "lower", baseline: 40, value: 42 },
    ]);
    expect(delta).toBeCloseTo((4 + 0 + 5 - 5) / 4, 10);
  });

  it("is positive exactly where the value is better, also for negative metrics", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true }).filter((x) => Math.abs(x) > 1e-6);
    fc.assert(
      fc.property(number, number, (value, baseline) => {
        expect(Math.sign(relativeImprovement({ better: "higher", value, baseline }))).toBe(
          Math.sign(value - baseline),
        );
        expect(Math.sign(relativeImprovement({ better: "lower", value, baseline })) + 0).toBe(
          Math.sign(baseline - value) + 0,
        );
      }),
    );
  });

  it("is no number where something could not be measured", () => {
    const sound = { better: "higher", value: 1, baseline: 1 } as const;
    expect(deltaPercent([sound, { ...sound, value: Number.NaN }])).toBeNaN();
    expect(deltaPercent([sound, { ...sound, baseline: 0 }])).toBeNaN();
    expect(deltaPercent([])).toBeNaN();
  });
});

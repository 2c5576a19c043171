import fc from "fast-check";
import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import { fittedLine, type ProgressLine, plainLine } from "../../src/cli/progress-line.js";
import { displayWidth } from "../../src/report/table.js";

const plain = createColors(false);
const LINE: ProgressLine = {
  unit: "step",
  done: 1020,
  total: 3000,
  imagesPerSecond: 12.345,
  secondsLeft: 161,
  losses: { total: 1.23456, segmentation: 0.5, depth: null, normals: 0.25, "jtr.distance": 0.125 },
};
const at = (columns: number, line: Partial<ProgressLine> = {}) =>
  fittedLine({ ...LINE, ...line }, columns - 1, plain);

describe("a line of progress", () => {
  it.each([
    [
      200,
      "━━━━━━━━────────────────  34%  step 1020/3000  12.3 images/s  2m 41s left  total 1.235, segmentation 0.5, depth –, normals 0.25, jtr.distance 0.125",
    ],
    [
      120,
      "━━━━━━━━────────────────  34%  step 1020/3000  12.3 images/s  2m 41s left  total 1.235, segmentation 0.5, depth – …",
    ],
    [80, "━━━━────────  34%  step 1020/3000  12.3 images/s  2m 41s left  total 1.235 …"],
    [60, "━━──────  34%  step 1020/3000  12.3 images/s  2m 41s left …"],
    [40, " 34%  step 1020/3000  2m 41s left"],
    [30, " 34%  2m 41s left"],
    [10, " 34%"],
    [3, ""],
  ])("has at %d columns what there is room for, the bar and the time left at 80", (columns, text) => {
    expect(at(columns)).toBe(text);
  });

  it.each([
    [80, "━━━━────────  34%  step 1020/3000  val 40/100  2m 41s left"],
    [60, "━━──────  34%  step 1020/3000  val 40/100  2m 41s left"],
    [40, " 34%  val 40/100  2m 41s left"],
  ])("says at %d columns how many images of an evaluation are done", (columns, text) => {
    expect(at(columns, { activity: "val 40/100", losses: undefined })).toBe(text);
  });

  it("says so where something is not known yet", () => {
    const line = { ...LINE, done: 0, imagesPerSecond: null, secondsLeft: null, losses: undefined };
    expect(at(80, line)).toBe("────────────   0%  step 0/3000  ? images/s  ? left");
    expect(plainLine(line)).toBe("0%  step 0/3000  ? images/s  ? left");
  });

  it("has at the end no time left, nor a speed that was never known", () => {
    expect(plainLine({ ...LINE, done: 3000 })).toMatch(
      /^100% {2}step 3000\/3000 {2}12.3 images\/s {2}total /,
    );
    expect(plainLine({ ...LINE, done: 3000, imagesPerSecond: null })).toMatch(
      /^100% {2}step 3000\/3000 {2}total /,
    );
    expect(plainLine({ ...LINE, done: 2999 })).toMatch(/^99% /);
  });

  it("counts wide letters for what they take", () => {
    const losses = { 合計: 1.5, 語義分割: 0.5, 深度: 0.25 };
    expect(at(100, { losses })).toBe(
      "━━━━────────  34%  step 1020/3000  12.3 images/s  2m 41s left  合計 1.5, 語義分割 0.5, 深度 0.25",
    );
    expect(at(95, { losses })).toBe(
      "━━━━────────  34%  step 1020/3000  12.3 images/s  2m 41s left  合計 1.5, 語義分割 0.5 …",
    );
  });

  it("never takes more cells than it has", () => {
    const name = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("深度", "🙂", "é"));
    const count = fc.nat(1e7);
    const maybe = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }));
    fc.assert(
      fc.property(
        fc.record({ done: count, total: count, imagesPerSecond: maybe, secondsLeft: maybe }),
        fc.dictionary(name, fc.option(fc.double())),
        fc.option(name, { nil: undefined }),
        fc.integer({ min: 0, max: 220 }),
        fc.boolean(),
        (numbers, losses, activity, room, colour) => {
          const line = { unit: "step", ...numbers, losses, activity };
          const text = fittedLine(line, room, createColors(colour));
          expect(displayWidth(text)).toBeLessThanOrEqual(room);
          expect(text).not.toMatch(/NaN|Infinity|undefined/);
        },
      ),
    );
  });
});

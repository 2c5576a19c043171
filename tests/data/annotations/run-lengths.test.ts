import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { brushMask, byRows, cocoRuns, expandRuns } from "../../../src/data/annotations/run-lengths.js";

/** A run as COCO's tools write it. */
function cocoText(runs: readonly number[]): string {
  return runs
    .map((run, i) => {
      let value = i > 2 ? run - runs[i - 2] : run;
      let text = "";
      for (let more = true; more; ) {
        const bits = value & 31;
        value >>= 5;
        more = bits & 16 ? value !== -1 : value !== 0;
        text += String.fromCharCode(48 + bits + (more ? 32 : 0));
      }
      return text;
    })
    .join("");
}

describe("COCO's text", () => {
  test.each([
    ["212100OO4", [2, 1, 2, 2, 2, 2, 1, 1, 5]],
    ["0b0", [0, 18]],
    ["b0", [18]],
    ["PeQ357kdQ3", [100000, 5, 7, 100000]],
    ["83400000d0", [8, 3, 4, 3, 4, 3, 4, 3, 24]],
  ])("%s", (text, runs) => {
    expect(cocoRuns(text)).toEqual(runs);
    expect(cocoText(runs)).toBe(text);
  });

  test("of any lengths reads back", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 24 }), { maxLength: 20 }), (runs) => {
        expect(cocoRuns(cocoText(runs))).toEqual(runs);
      }),
    );
  });

  test.each(["!", "P", "\u00ff0"])("%s is none", (text) => {
    expect(cocoRuns(text)).toBeUndefined();
  });
});

test("runs are zeros first, column by column in COCO", () => {
  const columns = expandRuns([2, 1, 2, 2, 2, 2, 1, 1, 5], 18)!;
  expect([...byRows(columns, 3, 6)].join("")).toBe("001110000100110000");
  expect([...expandRuns([1, 4, 1], 6)!].join("")).toBe("011110");
  expect(expandRuns([1, 4], 6)).toBeUndefined();
  expect(expandRuns([1, 7], 6)).toBeUndefined();
  expect(expandRuns([-1, 7], 6)).toBeUndefined();
});

test("Label Studio's brush is the alpha of RGBA pixels", () => {
  const bytes = [0, 0, 0, 8, 57, 27, 252, 127, 241, 128, 0];
  expect([...brushMask(bytes, 2)!]).toEqual([1, 0]);
  expect(brushMask(bytes, 3)).toBeUndefined();
  expect(brushMask(bytes.slice(0, 6), 2)).toBeUndefined();
});

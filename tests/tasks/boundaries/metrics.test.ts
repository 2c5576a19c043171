import { describe, expect, test } from "vitest";
import { boundaries, type LabelMap, type PredictionMap } from "../../../src/tasks/index.js";
import { imageOf } from "../../helpers/measured.js";

const SIZE = { height: 60, width: 80 };
const AREA = SIZE.height * SIZE.width;
/** Reach in pixels: 0.75 without more said. */
const spec = (options: object = {}) => boundaries.specSchema.parse({ kind: "boundaries", ...options });

/** Values at columns, all rows but a margin of ten. */
function lines(columns: Readonly<Record<number, number>>, rows: readonly [number, number] = [10, 50]) {
  const data = new Float32Array(AREA);
  for (const [column, value] of Object.entries(columns)) {
    for (let y = rows[0]; y < rows[1]; y++) data[y * SIZE.width + Number(column)] = value;
  }
  return data;
}

const prediction = (data: Float32Array): PredictionMap => ({ channels: 1, ...SIZE, data });

/** A label of one plane for each annotator. */
function label(...planes: readonly Float32Array[]): LabelMap {
  const data = new Float32Array(planes.length * AREA);
  for (const [each, plane] of planes.entries()) data.set(plane, each * AREA);
  return { channels: planes.length, ...SIZE, data, valid: new Uint8Array(AREA).fill(1) };
}

function measured(pairs: readonly (readonly [PredictionMap, LabelMap])[], options: object = {}) {
  const annotators = pairs[0][1].channels;
  const accumulator = boundaries.metrics.accumulator(spec({ annotators, ...options }));
  pairs.forEach(([predicted, truth], i) => {
    accumulator.update(predicted, truth, imageOf(truth, String(i)));
  });
  return accumulator.result();
}

describe("a line", () => {
  const truth = label(lines({ 40: 1 }));

  test.each([
    [0, 100],
    [2, 100],
    [3, 0],
  ])("%i pixels beside the true one, with a tolerance of 2", (shift, expected) => {
    const shifted = prediction(lines({ [40 + shift]: 0.7 }));
    const { ods, ois } = measured([[shifted, truth]], { tolerance: 0.02 });
    expect([ods, ois]).toEqual([expected, expected]);
  });

  test("of any width is thinned to one pixel; without thinning what is too much counts against it", () => {
    const wide = prediction(lines({ 39: 0.7, 40: 0.7, 41: 0.7 }));
    // Its ends recede by a pixel.
    expect(measured([[wide, truth]], { tolerance: 0.02 }).ods).toBeCloseTo((100 * 2 * 38) / (38 + 40), 9);
    expect(measured([[wide, truth]], { tolerance: 0.02, thinning: false }).ods).toBeCloseTo(50, 9);
  });

  test("detected twice, once counts as wrong", () => {
    const twice = prediction(lines({ 39: 0.7, 41: 0.7 }));
    const { ods } = measured([[twice, truth]], { tolerance: 0.02 });
    expect(ods).toBeCloseTo((100 * 2 * 0.5) / 1.5, 9);
  });

  test("is found best at the threshold that leaves the wrong one out", () => {
    const both = prediction(lines({ 20: 0.3, 40: 0.7 }));
    expect(measured([[both, truth]]).ods).toBe(100);
    // Of one threshold, 0.5, at which both are there, or neither.
    expect(measured([[both, truth]], { thresholds: 1 }).ods).toBe(100);
    const weak = prediction(lines({ 20: 0.6, 40: 0.7 }));
    expect(measured([[weak, truth]], { thresholds: 1 }).ods).toBeCloseTo((100 * 2 * 0.5) / 1.5, 9);
  });
});

test("two annotators count each for themselves; a predicted pixel is right where one of them agrees", () => {
  // Both marked column 40, the second one column 20 as well.
  const truth = label(lines({ 40: 1 }), lines({ 20: 1, 40: 1 }));
  const one = measured([[prediction(lines({ 40: 0.7 })), truth]]);
  expect(one.ods).toBeCloseTo((100 * 2 * (2 / 3)) / (1 + 2 / 3), 9);
  expect(measured([[prediction(lines({ 20: 0.7, 40: 0.7 })), truth]]).ods).toBe(100);
});

test("an annotator who marked nothing changes nothing", () => {
  const predicted = prediction(lines({ 20: 0.7, 40: 0.4 }));
  const alone = measured([[predicted, label(lines({ 40: 1 }))]]);
  expect(measured([[predicted, label(lines({ 40: 1 }), lines({}))]])).toEqual(alone);
});

test("nothing predicted is 0, and so is nothing to find", () => {
  const nothing = { ods: 0, ois: 0, ap: 0 };
  expect(measured([[prediction(lines({})), label(lines({ 40: 1 }))]])).toEqual(nothing);
  expect(measured([[prediction(lines({ 40: 0.7 })), label(lines({}))]])).toEqual(nothing);
  expect(measured([[prediction(lines({ 40: Number.NaN })), label(lines({ 40: 1 }))]])).toEqual(nothing);
});

test("one threshold for all images is worse than one for each where they differ in strength", () => {
  const strong = prediction(lines({ 20: 0.6, 40: 0.9 }));
  const weak = prediction(lines({ 20: 0.1, 40: 0.3 }));
  const truth = label(lines({ 40: 1 }));
  const { ods, ois } = measured([
    [strong, truth],
    [weak, truth],
  ]);
  expect(ois).toBe(100);
  expect(ods).toBeLessThan(90);
});

test("labels of images that were made smaller are thinned again", () => {
  const wide = label(lines({ 39: 1, 40: 1 }));
  const predicted = prediction(lines({ 39: 0.7, 40: 0.7 }));
  const accumulator = boundaries.metrics.accumulator(spec());
  accumulator.update(predicted, wide, { id: "0", height: 120, width: 160 });
  expect(accumulator.result().ods).toBe(100);
  expect(measured([[predicted, wide]]).ods).toBeLessThan(70);
});
